"""The queue by which AWS says that it takes a node."""

import json

import pulumi
import pulumi_aws as aws

# Source of the events: the same template as that of Karpenter's policy (karpenter_policy.py).
_EVENTS = {
    "health": ("aws.health", "AWS Health Event"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
_KEPT_SECONDS = 300  # an older notice is of a node that is gone


class InterruptionQueue(pulumi.ComponentResource):
    """Events of EC2 and AWS Health, which only their rules of EventBridge may send to it. Depend on the component: its
    rules have to be there before the first node."""

    arn: pulumi.Output[str]
    queue_name: pulumi.Output[str]

    def __init__(self, name: str, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("llm:aws:InterruptionQueue", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        queue = aws.sqs.Queue(name, message_retention_seconds=_KEPT_SECONDS, sqs_managed_sse_enabled=True, opts=child)
        rules = {
            event: aws.cloudwatch.EventRule(
                f"{name}-{event}",
                event_pattern=json.dumps({"source": [source], "detail-type": [detail]}),
                opts=child,
            )
            for event, (source, detail) in _EVENTS.items()
        }
        policy = aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": queue.arn,
                            "Condition": {"ArnEquals": {"aws:SourceArn": [rule.arn for rule in rules.values()]}},
                        },
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "sqs:*",
                            "Resource": queue.arn,
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                    ],
                }
            ),
            opts=child,
        )
        for event, rule in rules.items():
            aws.cloudwatch.EventTarget(
                f"{name}-{event}",
                rule=rule.name,
                arn=queue.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
            )
        self.arn = queue.arn
        self.queue_name = queue.name
        self.register_outputs({"arn": self.arn})

"""What a gateway has to know of an Application Load Balancer."""

from infra.plan.way_in import IngressController

# An example; a message shows it with the stack's own region and account.
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5f0c"
# Seconds for which it keeps the requests of a target that it sends nothing more:
# docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html, 2026-11.
LONGEST_DEREGISTRATION = 3600
_GATE = "elbv2.k8s.aws/pod-readiness-gate-inject"
ALB = IngressController(
    name="alb",
    title="ALB",
    why="one load balancer for all models",
    certificate="certificateArn",
    sample=CERTIFICATE,
    outside=True,
    made_with_cluster=True,
    narrows=True,
    namespace_labels={
        _GATE: "a new pod counts as ready once the load balancer knows it: without it a rollout answers 502"
    },
)

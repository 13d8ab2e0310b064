"""A private bucket that holds the weights, and who may fill it."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.container import COMPILED

COMPILED_DAYS = 30  # what servers compiled is compiled once more by then: nobody may replace it
_LEFT_OVER_DAYS = 3  # of an upload that was cut off: its parts are billed, and in no listing


class WeightsBucket(pulumi.ComponentResource):
    """Objects are private, owned by the account, and reached by TLS alone; S3 itself encrypts every object (AES-256).
    Depend on the component to wait for all of that."""

    bucket: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        prefix: str,
        tags: Mapping[str, str],
        protect: bool,
        depends_on: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`prefix`: of the bucket's name, which is unique among all accounts."""
        super().__init__("llm:aws:WeightsBucket", name, None, opts)
        # checkov:skip=CKV_AWS_21: a revision has a prefix of its commit, and an object is never overwritten
        # checkov:skip=CKV_AWS_18: who read public weights is no secret of users; CloudTrail has data events
        # checkov:skip=CKV_AWS_144: another region downloads them from the hub again
        # checkov:skip=CKV_AWS_145: encrypted with S3's own key; weights are no secret of users
        # checkov:skip=CKV2_AWS_62: nothing waits for an object
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            bucket_prefix=prefix,
            force_destroy=not protect,  # else `destroy` fails as long as it holds weights
            tags=dict(tags),
            opts=pulumi.ResourceOptions(parent=self, protect=protect, depends_on=list(depends_on)),
        )
        child = pulumi.ResourceOptions(parent=self)
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-owner",
            bucket=bucket.id,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="left-over-parts",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(),  # every object
                    abort_incomplete_multipart_upload=aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                        days_after_initiation=_LEFT_OVER_DAYS
                    ),
                ),
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="compiled",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=f"{COMPILED}/"),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=COMPILED_DAYS),
                ),
            ],
            opts=child,
        )
        aws.s3.BucketPolicy(
            f"{name}-tls",
            bucket=bucket.id,
            policy=bucket.arn.apply(_policy),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        self.bucket, self.arn = bucket.bucket, bucket.arn
        self.register_outputs({"bucket": self.bucket})


def _policy(arn: str) -> str:
    tls = {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    # A server unpacks what an earlier one put there. S3 takes a request with If-None-Match only for a new object.
    compiled = {
        "Sid": "CompiledIsNeverReplaced",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"{arn}/{COMPILED}/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [tls, compiled]})

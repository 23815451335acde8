"""What the roles of frontend releases may do, statement by statement (see rights.py)."""

from __future__ import annotations

from tests.iam.asking import Right
from tests.iam.calls import LABELED
from tests.iam.roles import FRONTEND, POINTERS, arn, function
from tests.iam.simulator import Request

OBJECTS = ("releases/web_2026-11-23_09-00/manifest.json", "objects/0a1b", "live/production/index.html")
DISTRIBUTION = arn("cloudfront", "distribution/E1EXAMPLE", region="")


def of_bucket(key: str = "", bucket: str = FRONTEND) -> str:
    """A bucket, or an object in it."""
    return f"arn:aws:s3:::{bucket}" + (f"/{key}" if key else "")


def _lists(role: str) -> Right:
    return Right(
        "ListReleases",
        "only the buckets that the stack was told",
        (Request(role, "s3:ListBucket", of_bucket()),),
        (
            Request(role, "s3:ListBucket", of_bucket(bucket="payroll")),
            Request(role, "s3:DeleteBucket", of_bucket()),
            Request(role, "s3:PutBucketPolicy", of_bucket()),
        ),
    )


def release_rights() -> list[Right]:
    """Their rows."""
    return [
        _lists("planner"),
        _lists("frontend"),
        _lists("cleanup"),
        Right(
            "ReadManifests",
            "only releases of the buckets that the stack was told",
            (Request("frontend", "s3:GetObject", of_bucket(OBJECTS[0])),),
            (
                Request("frontend", "s3:GetObject", of_bucket("secrets/key")),
                Request("frontend", "s3:GetObject", of_bucket(OBJECTS[0], "payroll")),
            ),
        ),
        Right(
            "ReadManifests",
            "who plans servers sees that the release is there which goes with them, and none of its files",
            (Request("planner", "s3:GetObject", of_bucket(OBJECTS[0])),),
            (
                *(Request("planner", "s3:GetObject", of_bucket(each)) for each in OBJECTS[1:]),
                *(Request("planner", "s3:PutObject", of_bucket(each)) for each in OBJECTS),
            ),
        ),
        Right(
            "ReadFiles",
            "what is copied is read, and nothing else of the bucket",
            tuple(Request("frontend", "s3:GetObject", of_bucket(each)) for each in OBJECTS[1:]),
            (Request("frontend", "s3:GetObject", of_bucket("logs/2026")),),
        ),
        Right(
            "PlaceFiles",
            "the role that enables writes what is served and deletes nothing",
            (Request("frontend", "s3:PutObject", of_bucket(OBJECTS[2])),),
            (
                *(Request("frontend", "s3:PutObject", of_bucket(each)) for each in OBJECTS[:2]),
                *(Request("frontend", "s3:DeleteObject", of_bucket(each)) for each in OBJECTS),
                Request("frontend", "s3:PutObjectAcl", of_bucket(OBJECTS[2])),
            ),
        ),
        Right(
            "MoveThePointer",
            "only the key-value stores that the stack was told",
            tuple(
                Request("frontend", f"cloudfront-keyvaluestore:{each}", store)
                for each in ("DescribeKeyValueStore", "GetKey", "PutKey", "UpdateKeys")
                for store in POINTERS
            ),
            (
                Request("frontend", "cloudfront-keyvaluestore:DeleteKey", POINTERS[0]),
                Request(
                    "frontend",
                    "cloudfront-keyvaluestore:UpdateKeys",
                    arn("cloudfront", "key-value-store/another", region=""),
                ),
            ),
        ),
        Right(
            "ForgetWhatChanged",
            "only distributions that the team has labeled",
            tuple(
                Request("frontend", f"cloudfront:{each}Invalidation", DISTRIBUTION, LABELED)
                for each in ("Create", "Get")
            ),
            (
                Request("frontend", "cloudfront:CreateInvalidation", DISTRIBUTION),
                Request("frontend", "cloudfront:UpdateDistribution", DISTRIBUTION, LABELED),
            ),
        ),
        Right(
            "ReadManifests",
            "who deletes reads what is needed and nothing else",
            (Request("cleanup", "s3:GetObject", of_bucket(OBJECTS[0])),),
            tuple(Request("cleanup", "s3:GetObject", of_bucket(each)) for each in OBJECTS[1:]),
        ),
        Right(
            "DeleteWhatNothingNeeds",
            "the only role that deletes files may write none and touches nothing outside of releases",
            tuple(Request("cleanup", "s3:DeleteObject", of_bucket(each)) for each in OBJECTS),
            (
                *(Request("cleanup", "s3:PutObject", of_bucket(each)) for each in OBJECTS),
                Request("cleanup", "s3:DeleteObject", of_bucket("logs/2026")),
                Request("cleanup", "s3:DeleteObject", of_bucket(OBJECTS[2], "payroll")),
                Request("cleanup", "s3:DeleteObjectVersion", of_bucket(OBJECTS[2])),
            ),
        ),
        Right(
            "InvokeTheSteps",
            "the machine reaches the world only through the functions of its steps",
            tuple(
                Request("releasemachine", "lambda:InvokeFunction", f"{function(each)}:7")
                for each in ("Ledger", "Frontend", "Cleanup")
            ),
            (
                *(
                    Request("releasemachine", "lambda:InvokeFunction", f"{function(each)}:7")
                    for each in ("APIHandler", "Chat", "Terminate", "Traffic")
                ),
                Request("releasemachine", "lambda:InvokeFunction", arn("lambda", "function:payroll")),
            ),
        ),
    ]

"""What commands print as JSON, held against the schemas that `samestory schema` gives."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import fastjsonschema

from samestory.deploy.cli.records import RECORDS, schema_of


def hold(arguments: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Fail if a row is not as the schema of its command has it, or has more."""
    name = " ".join(arguments[:2])
    name = name if name in RECORDS else arguments[0]
    if "--fields" not in arguments:
        for row in rows:
            validator(name)(row)


@cache
def validator(name: str):
    """Return what raises JsonSchemaException for a record that is not a command's."""
    return fastjsonschema.compile(_closed(schema_of(name)))


def _closed(schema: Any) -> Any:
    """Return a schema whose objects have no other fields."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(one) for name, one in schema.items()}
    if "properties" in schema and "type" in schema:
        closed["additionalProperties"] = False
    return closed

"""`samestory schema`: every command that prints JSON says how; `Run.rows` holds it."""

import json
from dataclasses import fields

import fastjsonschema
import pytest

from samestory.deploy.cli import run
from samestory.deploy.cli.app import COMMANDS, command_named
from samestory.deploy.cli.records import RECORDS
from tests.schemas import validator

ALWAYS = {"follow", "corrections export"}  # print JSON, whatever is asked for


def test_every_command_that_prints_json_has_a_schema(capsys):
    """And no other; `schema` lists them."""
    names = [name for group in COMMANDS.values() for name in group]
    speak = {
        n for n in names if any(f.name == "json" for f in fields(command_named(n)))
    }
    assert set(RECORDS) == speak | ALWAYS
    assert run(["schema"]) == 0
    assert capsys.readouterr().out.split("\n")[:-1] == list(RECORDS)


@pytest.mark.parametrize("name", RECORDS)
def test_a_schema_is_one(name, capsys):
    """It compiles, names its draft, and refuses what is no record."""
    assert run(["schema", *name.split()]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].endswith("draft/2020-12/schema")
    check = fastjsonschema.compile(schema)
    for wrong in ({}, [], "text"):
        with pytest.raises(fastjsonschema.JsonSchemaException):
            check(wrong)


def test_a_record_that_lacks_a_field_or_has_one_more_is_seen():
    """So the tests that hold records can fail."""
    record = {"added": 1, "known": 0, "feeds": ["https://a.org/"], "left_out": []}
    check = validator("feeds add")
    check(record)
    for wrong in (record | {"new": 1}, record | {"added": -1}, {"added": 1}):
        with pytest.raises(fastjsonschema.JsonSchemaException):
            check(wrong)


def test_what_has_no_schema_says_where_they_are_listed(capsys):
    """Exit 2."""
    assert run(["schema", "run"]) == 2
    assert capsys.readouterr().err == (
        "samestory: schema: 'run' prints no JSON: `samestory schema` lists what does\n"
    )

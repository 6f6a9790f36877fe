#!/usr/bin/env python3
"""Writes schema-facts.json: what Stytch's API document says about the authenticate answer.

    make_schema_facts.py OPENAPI_YAML > schema-facts.json      (needs PyYAML)

Every schema that api_b2b_impersonation_v1_AuthenticateResponse reaches is a member:
an object maps its fields to types, an enumeration lists its values. A type is "string",
"boolean", "int32", "object" (any members), the name of another schema, or one of these in
brackets for an array. A trailing "?" marks a field that is not required.
"""

import json
import sys

import yaml

ROOT = "api_b2b_impersonation_v1_AuthenticateResponse"
PREFIX = "#/components/schemas/"


def type_of(schema):
    if "$ref" in schema:
        return schema["$ref"].removeprefix(PREFIX)
    if schema["type"] == "array":
        return f"[{type_of(schema['items'])}]"
    if schema["type"] == "object":
        assert schema.get("additionalProperties") is True and "properties" not in schema, schema
    return schema.get("format", schema["type"])


def facts_of(schema):
    if "enum" in schema:
        assert schema["type"] == "string", schema
        return schema["enum"]
    assert schema["type"] == "object", schema
    required = schema.get("required", [])
    assert set(required) <= set(schema["properties"]), schema
    return {
        field: type_of(value) + ("" if field in required else "?")
        for field, value in schema["properties"].items()
    }


def reachable(schemas):
    facts, waiting = {}, [ROOT]
    while waiting:
        name = waiting.pop(0)
        if name in facts:
            continue
        facts[name] = facts_of(schemas[name])
        if isinstance(facts[name], dict):
            types = (kind.strip("[]?") for kind in facts[name].values())
            waiting += [kind for kind in types if kind in schemas]
    return facts


def layout(name, facts):
    """One line where it fits, so that the file can be read."""
    head = f" {json.dumps(name)}: "
    line = head + json.dumps(facts)
    if len(line) <= 110:
        return line
    return head + json.dumps(facts, indent=1).replace("\n", "\n ")


def main():
    with open(sys.argv[1], encoding="utf-8") as document:
        schemas = yaml.safe_load(document)["components"]["schemas"]
    facts = reachable(schemas)
    print("{\n" + ",\n".join(layout(*entry) for entry in sorted(facts.items())) + "\n}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Writes schema-facts.json: what Stytch's API documents say about the responses of the sandbox.

    make_schema_facts.py OPENAPI_YAML session-schemas.yaml > schema-facts.json      (needs PyYAML)

Every schema that one of ROOTS reaches, in any of the documents, is a member: an object maps its fields to types, an enumeration lists its values. A type is "string",
"boolean", "int32", "object" (any members), the name of another schema, or one of these in
brackets for an array. A trailing "?" marks a field that is not required.
"""

import json
import sys

import yaml

ROOTS = [
    "api_b2b_impersonation_v1_AuthenticateResponse",
    "api_b2b_session_v1_AuthenticateResponse",
    "api_b2b_session_v1_AuthorizationCheck",
    "api_b2b_session_v1_GetJWKSResponse",
    "api_b2b_session_v1_GetResponse",
    "api_b2b_session_v1_RevokeResponse",
    "api_organization_v1_GetResponse",
]
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
    facts, waiting = {}, list(ROOTS)
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
    schemas = {}
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as document:
            for name, schema in yaml.safe_load(document)["components"]["schemas"].items():
                assert name not in schemas, f"{name} stands in two documents"
                schemas[name] = schema
    facts = reachable(schemas)
    print("{\n" + ",\n".join(layout(*entry) for entry in sorted(facts.items())) + "\n}")


if __name__ == "__main__":
    main()

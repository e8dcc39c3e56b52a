"""The JSON Schema for editors, judged by examples: the snippets that the decoder's tests judge too
(Tests/ConfigurationTests/Snippets), and the example configuration."""

import json
import unittest

import jsonschema
from ruamel.yaml import YAML

import release

SNIPPETS = release.ROOT / "Tests/ConfigurationTests/Snippets"
SCHEMA = json.loads((release.ROOT / ".github/yardmaster.schema.json").read_text())


def snippets(name):
    return (SNIPPETS / f"{name}.yml").read_text().split("\n---\n")


class SchemaTests(unittest.TestCase):
    def setUp(self):
        self.validator = jsonschema.Draft7Validator(SCHEMA)

    def faults(self, text):
        # YAML 1.2, as the editors' language server and libyaml's reader here take it: `on` is a word.
        return [error.message for error in self.validator.iter_errors(YAML(typ="safe", pure=True).load(text))]

    def test_the_schema_is_one(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)

    def test_valid_snippets_pass(self):
        for text in snippets("valid") + snippets("beyond-the-schema"):
            with self.subTest(text):
                self.assertEqual(self.faults(text), [])

    def test_invalid_snippets_do_not(self):
        for text in snippets("invalid"):
            with self.subTest(text):
                self.assertNotEqual(self.faults(text), [])

    def test_the_example_passes(self):
        self.assertEqual(self.faults((release.ROOT / ".github/yardmaster.example.yml").read_text()), [])

    def test_every_key_is_described(self):
        def walk(value, path):
            if isinstance(value, dict):
                for key, property in value.get("properties", {}).items():
                    if isinstance(property, dict) and "permissions" not in path and "const" not in property:
                        self.assertTrue("description" in property, f"{path}.{key}")
                for key, child in value.items():
                    walk(child, f"{path}.{key}")
            elif isinstance(value, list):
                for child in value:
                    walk(child, path)

        walk(SCHEMA, "")


if __name__ == "__main__":
    unittest.main()

"""README.md says what there is: its configurations are valid, and every key, input and workflow is named in it."""

import json
import re
import textwrap
import unittest

import jsonschema
from ruamel.yaml import YAML

import release
import runner

README = (release.ROOT / "README.md").read_text()
SCHEMA = json.loads((release.ROOT / ".github/yardmaster.schema.json").read_text())


class ReadmeTests(unittest.TestCase):
    def test_configurations_are_valid(self):
        validator = jsonschema.Draft7Validator(SCHEMA)
        blocks = re.findall(r"^ *```yaml\n(.*?)^ *```$", README, flags=re.DOTALL | re.MULTILINE)
        documents = [YAML(typ="safe", pure=True).load(textwrap.dedent(block)) for block in blocks]
        configurations = [document for document in documents if isinstance(document, dict)]
        self.assertGreaterEqual(len(configurations), 3)
        for configuration in configurations:
            with self.subTest(configuration=configuration):
                self.assertEqual([error.message for error in validator.iter_errors(configuration)], [])

    def test_conditions_and_decisions_are_named(self):
        for kind in ("conditions", "actions"):
            keys = SCHEMA["definitions"][kind]["properties"]
            self.assertGreater(len(keys), 10)
            for key in keys:
                self.assertIn(f"`{key}`", README, f"{kind}: {key}")

    def test_inputs_of_the_action_are_named(self):
        _, defaults = runner.action_steps(release.ROOT)
        for name in defaults:
            self.assertRegex(README, rf"`{name}(: true)?`", name)

    def test_workflows_to_copy_are_named(self):
        for workflow in (release.ROOT / ".github/workflows").glob("*.yml"):
            if "to .github/workflows/" in workflow.read_text():
                self.assertIn(f"(.github/workflows/{workflow.name})", README)

    def test_links_lead_somewhere(self):
        headings = {
            re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", README, flags=re.MULTILINE)}
        for target in re.findall(r"\]\(([^)]*)\)", README):
            with self.subTest(target=target):
                if target.startswith("#"):
                    self.assertIn(target[1:], headings)
                elif not target.startswith("https:"):
                    self.assertTrue((release.ROOT / target).exists())


if __name__ == "__main__":
    unittest.main()

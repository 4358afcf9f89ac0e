"""publiccode.yml keeps the standard's rules (0.4) and says what the rest of the project says.

The rules are those of https://yml.publiccode.tools/schema.core.html: which keys must be there, what they may be, how long.
"""

from __future__ import annotations

import datetime
import tomllib
from typing import Any

import pytest
import yaml

from app.i18n.languages import LANGUAGES
from tests.conftest import ROOT

pytestmark = pytest.mark.once

TEXTS: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text("utf-8"))
MANDATORY = (
    "publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType", "description", "legal",
    "maintenance", "localisation",
)  # fmt: skip
OPTIONAL = (
    "applicationSuite", "landingURL", "isBasedOn", "organisation", "softwareVersion", "releaseDate", "logo", "usedBy", "fundedBy",
    "roadmap", "intendedAudience", "dependsOn",
)  # fmt: skip
CATEGORIES = {"event-management", "online-booking", "visitor-management"}  # of the standard's list, those that fit
SCOPES = {"culture", "local-authorities"}


@pytest.fixture
def found() -> dict[str, Any]:
    return TEXTS


def test_every_mandatory_key_is_there_and_no_unknown_one(found: dict[str, Any]) -> None:
    assert [key for key in MANDATORY if not found.get(key)] == []
    assert found.keys() - {*MANDATORY, *OPTIONAL} == set()
    assert found["legal"].keys() <= {"license", "mainCopyrightOwner"}
    assert [key for key in ("localisationReady", "availableLanguages") if key not in found["localisation"]] == []
    assert [contact.keys() >= {"name"} for contact in found["maintenance"]["contacts"]] == [True]


def test_values_are_those_that_the_standard_allows(found: dict[str, Any]) -> None:
    assert found["publiccodeYmlVersion"] == "0.4"
    assert found["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert found["softwareType"] in {
        "standalone/web",
        "standalone/backend",
        "standalone/mobile",
        "standalone/desktop",
        "library",
        "addon",
    }
    assert found["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert (set(found["categories"]), set(found["intendedAudience"]["scope"])) == (CATEGORIES, SCOPES)
    assert [found[key].startswith("https://") for key in ("url", "landingURL")] == [True, True]
    assert not isinstance(found["softwareVersion"], datetime.date | float)


def test_description_is_as_long_as_it_must_be(found: dict[str, Any]) -> None:
    (words,) = found["description"].values()

    assert len(words["shortDescription"]) <= 150
    assert "\n" not in words["shortDescription"]
    assert 150 <= len(words["longDescription"]) <= 10_000
    assert 5 <= len(words["features"]) <= 20


def test_it_says_what_the_project_says(found: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert (found["legal"]["license"], found["softwareVersion"]) == (project["license"], project["version"])
    assert found["localisation"] == {"localisationReady": True, "availableLanguages": sorted(LANGUAGES)}
    assert found["dependsOn"]["open"][0]["versionMin"] == project["requires-python"].removeprefix(">=")

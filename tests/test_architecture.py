"""The import rules of docs/architecture.md: domains stand in layers, and inside a domain modules stand in an order."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.once

APP = ROOT / "app"
# From the ground up: a room uses rooms on lines above it, never one on its own line.
LAYERS = (
    {"config"}, {"core"}, {"i18n"}, {"audit"}, {"mail", "jobs"}, {"places"}, {"accounts"}, {"titles"}, {"events"}, {"agenda"},
    {"content", "registration"}, {"checkin"}, {"site", "scanner", "supervise"}, {"desk"}, {"demo"}, {"upkeep", "keys", "warmup"}, {"backup"},
    {"cli"}, {"app"},
)  # fmt: skip
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
TOOLS = {"config", "core", "i18n", "audit", "mail", "jobs"}  # below every domain: all of their modules may be used
STARTERS = {"app", "backup", "cli", "upkeep", "keys", "warmup"}  # these bind every domain
# What a module is for, by its name. A role may use its own and those before it; `<resource>_routes` are routes.
ROLES = {
    "values": {"days", "codes", "ledger", "schemas", "cpev", "data", "headers"},
    "models": {"models"},
    "rules": {"rules", "encryption", "programme_map"},
    "queries": {"queries", "door_notes", "guest_notes", "headcount", "on_now", "roster", "scan_history", "counters", "postbox"},
    "words": {"words", "messages", "offline_messages", "changes"},
    "verbs": {
        "service", "creating", "retention", "keys",
        "limits", "journal", "transports", "sender",
        "seats", "tickets", "questions", "confirming", "editing", "replacing", "holds", "reminders", "change_mails", "personal_data",
        "claims", "found", "misses", "recording", "scenery", "clicks", "search", "devices",
        "deletion", "guests", "redating", "loader", "replay", "postgres", "sqlite", "files",
    },
    "forms": {"forms"},
    "feeds": {"feeds", "atom", "c3voc", "jsonld", "openapi", "print_sheet", "share_image"},
    "mails": {"mail_layout", "mail_parts", "mails"},
    "pages": {"pages"},
    "commands": {"commands", "serve", "settings", "certificate"},
    "routes": {"routes"},
}  # fmt: skip
ORDER = tuple(ROLES)
# The modules of a domain that other domains may use, beside its models.
PUBLIC = {
    "places.service",
    "titles.rules",
    "events.creating", "events.days", "events.feeds", "events.queries", "events.retention", "events.service",
    "agenda.atom", "agenda.c3voc", "agenda.changes", "agenda.creating", "agenda.feeds", "agenda.on_now", "agenda.queries", "agenda.rules", "agenda.service",
    "registration.codes", "registration.door_notes", "registration.encryption", "registration.feeds", "registration.pages",
    "registration.personal_data", "registration.questions", "registration.replacing", "registration.retention",
    "registration.seats", "registration.tickets",
    "checkin.clicks", "checkin.commands", "checkin.devices", "checkin.headcount", "checkin.messages", "checkin.queries",
    "checkin.retention", "checkin.rules", "checkin.scan_history", "checkin.scenery", "checkin.search", "checkin.service",
}  # fmt: skip
REQUEST_NAMES = {"request", "session", "g", "render_template"}
# Who reads events that residents may not see, and why.
READING_EVENTS = {
    "desk.queries": "organisers see all of them",
    "demo.loader": "fills an empty database",
    "demo.redating": "a job",
    "registration.holds": "a job",
    "registration.reminders": "a job",
}
# Routes and commands open the transaction and hand it to verbs. Who else opens one, and why.
OPENING = dict.fromkeys(
    ("checkin.service._record", "checkin.service._record_all"), "`record` retries, and calls at once share one"
)
OPENING |= dict.fromkeys(
    ("mail.sender._claim", "mail.sender._send", "mail.sender._note_failure"), "no mail server is waited for in a transaction"
)
OPENING |= dict.fromkeys(
    ("registration.holds.release", "registration.retention.purge", "checkin.retention.purge"),
    "a job: each event is a transaction of its own",
)
OPENING |= dict.fromkeys(
    (
        "registration.reminders.remind", "checkin.retention._forget_one_time_tokens",
        "audit.limits.purge", "audit.service.purge", "mail.service.purge", "upkeep._repair_counters", "demo.redating.redate",
    ),
    "a job: it writes only when something is due",
)  # fmt: skip
OPENING |= dict.fromkeys(("demo.loader.seed_base", "demo.loader.seed_demo"), "a command: it fills an empty database")
OPENING |= {
    "keys._batches": "a command: no writer waits for more than 500 rows",
    "backup.replay.replay": "a command: what is held is held together",
    "backup.replay._again": "a command: each entry of the journal is a step of its own",
}


@dataclass(frozen=True)
class Import:
    """`module` imports `name` from `target`, all below `app`: `checkin.routes` imports `service` from `checkin`."""

    module: str
    target: str
    name: str
    top: bool

    @property
    def rooms(self) -> tuple[str, str]:
        return self.module.partition(".")[0], self.target.partition(".")[0]


def name_of(path: Path) -> str:
    """`checkin.routes` for app/scanner/routes.py, `checkin` for its __init__, `app` for the package itself."""
    parts = path.relative_to(APP).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__") or "app"


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the app but the migrations."""
    paths = [path for path in APP.rglob("*.py") if "migrations" not in path.parts]
    return {name_of(path): ast.parse(path.read_text("utf-8")) for path in paths}


def is_module(name: str) -> bool:
    return name in trees()


@cache
def imports() -> list[Import]:
    """Every import of one of our modules by another."""
    return [found for module, tree in trees().items() for found in imports_of(module, tree)]


def imports_of(module: str, tree: ast.Module) -> list[Import]:
    top = {id(node) for node in tree.body}
    top |= {id(inner) for node in tree.body if isinstance(node, ast.If) for inner in node.body + node.orelse}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "app":
            base = (node.module or "").partition(".")[2]
            for alias in node.names:
                whole = f"{base}.{alias.name}".strip(".")
                target = whole if is_module(whole) else base or "app"
                found.append(Import(module, target, alias.name, id(node) in top))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "app":
                    found.append(Import(module, alias.name.partition(".")[2] or "app", "", id(node) in top))
    return found


def room(module: str) -> str:
    """`checkin` for `checkin.routes`."""
    return module.partition(".")[0]


def role(module: str) -> str:
    """`routes` for `supervise.device_routes`; empty for a room itself and for the tools, which have no order."""
    name = module.rpartition(".")[2]
    if module == room(module) or room(module) in {"core", "i18n"}:
        return ""
    return "routes" if name.endswith("_routes") else next((role for role, names in ROLES.items() if name in names), "unknown")


def modules_of(*roles: str) -> dict[str, ast.Module]:
    """The modules in these roles."""
    return {module: tree for module, tree in trees().items() if role(module) in roles}


def test_layers_are_known() -> None:
    assert {room(module) for module in trees()} - LEVEL.keys() == set()


def test_every_module_has_a_role_and_every_role_a_module() -> None:
    known = {module.rpartition(".")[2] for module in trees()}

    assert [module for module in trees() if role(module) == "unknown"] == []
    assert {name for names in ROLES.values() for name in names} - known == set()


def test_modules_import_only_from_layers_below() -> None:
    upward = [
        f"{one.module} imports {one.target}"
        for one in imports()
        for here, there in [one.rooms]
        if here != there and LEVEL[there] >= LEVEL[here]
    ]

    assert upward == []


def test_domains_use_only_models_and_public_modules_of_other_domains() -> None:
    deep = {
        one.target
        for one in imports()
        for here, there in [one.rooms]
        if here != there and there not in TOOLS and here not in STARTERS and role(one.target) != "models"
    }

    assert (sorted(deep - PUBLIC), sorted(PUBLIC - deep)) == ([], [])


def test_private_names_stay_in_their_module() -> None:
    assert [f"{one.module} imports {one.target}.{one.name}" for one in imports() if one.name.startswith("_")] == []


def test_modules_of_a_domain_import_in_order() -> None:
    backwards = [
        f"{one.module} imports {one.target}"
        for one in imports()
        for here, there in [one.rooms]
        if here == there
        and role(one.module)
        and role(one.target)
        and ORDER.index(role(one.target)) > ORDER.index(role(one.module))
    ]

    assert backwards == []


def test_no_two_modules_import_each_other() -> None:
    graph = {module: {one.target for one in imports() if one.module == module} - {module} for module in trees()}
    while leaves := [module for module, targets in graph.items() if not targets & graph.keys()]:
        for module in leaves:
            del graph[module]

    assert graph == {}


def test_imports_stand_at_the_top() -> None:
    assert [f"{one.module} imports {one.target} inside a function" for one in imports() if not one.top] == []


def test_models_rules_and_verbs_know_no_request() -> None:
    knowing = [
        f"{module} imports {alias.name}"
        for module, tree in modules_of("values", "models", "rules", "queries", "words", "verbs").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for alias in node.names
        if alias.name in REQUEST_NAMES
    ]

    assert knowing == []


def test_rules_know_no_database() -> None:
    knowing = {
        module
        for module, tree in modules_of("rules").items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in {"sqlalchemy", "flask_sqlalchemy"}
    }

    assert knowing == set()


def test_edges_open_the_transaction() -> None:
    """Verbs take the session that a route, a command or a job opened, so that several are one transaction."""
    opening = {
        f"{module}.{getattr(node, 'name', '')}"
        for module, tree in trees().items()
        if room(module) != "core" and role(module) not in {"commands", "routes"}
        for node in tree.body
        if any(isinstance(inner, ast.Name) and inner.id == "write_tx" for inner in ast.walk(node))
    }

    assert (sorted(opening - OPENING.keys()), sorted(OPENING.keys() - opening)) == ([], [])


def test_only_services_and_queries_touch_the_session() -> None:
    """Forms, feeds, routes and rules ask a service; `core` and what fills the database are the ground they stand on."""
    touching = {
        module
        for module, tree in modules_of("values", "models", "rules", "words", "forms", "feeds", "pages", "routes").items()
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Attribute)
            and node.attr == "session"
            and isinstance(node.value, ast.Name)
            and node.value.id == "db"
        )
        or (isinstance(node, ast.Name) and node.id == "write_tx" and role(module) != "routes")
    }

    assert touching == set()


def test_events_are_read_through_one_helper() -> None:
    """`events.queries.public_events` decides what residents may see."""
    reading = {
        module
        for module, tree in trees().items()
        if room(module) != "events"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in {"select", "select_from"}
        and any(isinstance(part, ast.Name) and part.id == "Event" for argument in node.args for part in ast.walk(argument))
    }  # fmt: skip

    assert (sorted(reading - READING_EVENTS.keys()), sorted(READING_EVENTS.keys() - reading)) == ([], [])


@pytest.mark.parametrize(("package", "owner"), [("flask_sqlalchemy", "core.db"), ("flask_babel", "core.babel")])
def test_one_module_imports_each_package_that_may_have_to_be_replaced(package: str, owner: str) -> None:
    """What their maintainers say: docs/decisions/0002-dependencies.md."""
    importing = {
        module
        for module, tree in trees().items()
        for node in ast.walk(tree)
        for name in names_imported(node)
        if name.partition(".")[0] == package
    }

    assert importing == {owner}


def names_imported(node: ast.AST) -> list[str]:
    """The modules that an import statement takes something from."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def test_only_the_clock_reads_the_clock() -> None:
    reading = {
        module
        for module, tree in trees().items()
        if module != "core.clock"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (
            (node.attr in {"now", "utcnow"} and isinstance(node.value, ast.Name) and node.value.id == "datetime")
            or (node.attr == "today" and isinstance(node.value, ast.Name) and node.value.id in {"date", "datetime"})
            or (node.attr in {"time", "time_ns"} and isinstance(node.value, ast.Name) and node.value.id == "time")
        )
    }

    assert reading == set()


def test_files_stay_short() -> None:
    """About 80 lines, never more than 300 (docs/architecture.md); data is not code."""
    lengths = {module: len((APP / "/".join(module.split("."))).with_suffix(".py").read_text("utf-8").splitlines())
               for module in trees() if (APP / "/".join(module.split("."))).with_suffix(".py").is_file()}  # fmt: skip

    assert {module: length for module, length in lengths.items() if length > 300} == {}

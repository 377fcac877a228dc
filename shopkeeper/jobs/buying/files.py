"""Fits kept as JSON beside the versions, never inside them: a version does not change once it is published.

`<data folder>/fits/<version>.json`; written whole or not at all, and removed when their version is.
"""

import json
import secrets
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from shopkeeper.errors import Refused
from shopkeeper.jobs.buying.result import FORMAT, Fits, HoldoutTest, HorizonTest, SeasonTest
from shopkeeper.lake.store import folders
from shopkeeper.lake.version import Version
from shopkeeper.messages import Message, message
from shopkeeper.models.buying.contest import Standing
from shopkeeper.models.buying.model import BuyingModel
from shopkeeper.models.buying.recalibration import Recalibration
from shopkeeper.models.buying.rules import Rule
from shopkeeper.models.buying.season import OperationalTime
from shopkeeper.models.buying.spend import spend_model_from_json


def path_of(version: Version) -> Path:
    """Where the fits of a version are kept."""
    return version.path.parent.parent / "fits" / f"{version.id}.json"


def read(version: Version) -> Fits | None:
    """The fits of a version; `None` where there are none yet, or an earlier program made them."""
    try:
        content = json.loads(path_of(version).read_text(encoding="utf-8"))
        return _fits_from(content) if content.pop("format") == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def is_outdated(version: Version) -> bool:
    """Whether another program made the fits that are kept, so that this one cannot read them."""
    return path_of(version).is_file() and read(version) is None


def write(version: Version, fits: Fits) -> None:
    """Replace the kept fits in one step, and forget those of versions that are gone.

    Raise `Refused` where they cannot be written.
    """
    target = path_of(version)
    fresh = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        target.parent.mkdir(exist_ok=True)
        fresh.write_text(json.dumps(_as_json(fits), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        fresh.replace(target)
    except OSError as failure:
        fresh.unlink(missing_ok=True)
        raise Refused(
            message(
                "The fits could not be written to {target}: {strerror}. Make room or give access, then run `fit`.",
                target=target,
                strerror=failure.strerror,
            )
        ) from failure
    prune(version.path.parent.parent)


def prune(root: Path) -> list[str]:
    """Remove the fits of versions that are no longer there, and give their ids."""
    version_ids = {folder.name for folder in folders(root)}
    orphans = [file for file in sorted((root / "fits").glob("*.json")) if file.stem not in version_ids]
    for file in orphans:
        file.unlink(missing_ok=True)
    return [file.stem for file in orphans]


def _as_json(fits: Fits) -> dict[str, Any]:
    content = {name: value for name, value in vars(fits).items() if name not in _MODELS}
    content |= {
        "format": FORMAT,
        "as_of": fits.as_of.isoformat(),
        "first_day": fits.first_day.isoformat(),
        "made_at": fits.made_at.isoformat(),
        "calibration_end": fits.calibration_end.isoformat() if fits.calibration_end else None,
        "tests": [_test_as_json(test) for test in fits.tests],
        "standings": [asdict(standing) for standing in fits.standings],
        "reason": fits.reason.as_data(),
        "notes": [note.as_data() for note in fits.notes],
        "models": {kind: model.as_json() for kind, model in fits.models.items()},
        "calibrated": {kind: model.as_json() for kind, model in fits.calibrated.items()},
        "segments": {by: {name: m.as_json() for name, m in models.items()} for by, models in fits.segments.items()},
        "rules": {kind: rule.as_json() for kind, rule in fits.rules.items()},
        "calibrated_rules": {kind: rule.as_json() for kind, rule in fits.calibrated_rules.items()},
        "recalibrations": {kind: one.as_json() for kind, one in fits.recalibrations.items()},
        "spends": {value: spend.as_json() for value, spend in fits.spends.items()},
        "season_tests": [{**asdict(test), "cutoff": test.cutoff.isoformat()} for test in fits.season_tests],
        "time": fits.time.as_json(),
        "calibrated_time": fits.calibrated_time.as_json(),
    }
    return content


_MODELS = {"models", "calibrated", "segments", "rules", "calibrated_rules", "recalibrations", "spends"}


def _fits_from(content: dict[str, Any]) -> Fits:
    models = {name: content.pop(name) for name in _MODELS}
    split = content.pop("calibration_end")
    return Fits(
        as_of=date.fromisoformat(content.pop("as_of")),
        first_day=date.fromisoformat(content.pop("first_day")),
        made_at=datetime.fromisoformat(content.pop("made_at")),
        calibration_end=date.fromisoformat(split) if split else None,
        tests=tuple(_test_from_json(row) for row in content.pop("tests")),
        standings=tuple(Standing(**row) for row in content.pop("standings")),
        reason=Message.from_data(content.pop("reason")),
        notes=tuple(Message.from_data(row) for row in content.pop("notes")),
        models={kind: BuyingModel.from_json(row) for kind, row in models["models"].items()},
        calibrated={kind: BuyingModel.from_json(row) for kind, row in models["calibrated"].items()},
        segments={
            by: {name: BuyingModel.from_json(row) for name, row in by_name.items()}
            for by, by_name in models["segments"].items()
        },
        rules={kind: Rule.from_json(row) for kind, row in models["rules"].items()},
        calibrated_rules={kind: Rule.from_json(row) for kind, row in models["calibrated_rules"].items()},
        recalibrations={kind: Recalibration.from_json(row) for kind, row in models["recalibrations"].items()},
        spends={value: spend_model_from_json(row) for value, row in models["spends"].items()},
        season_tests=tuple(
            SeasonTest(**{**row, "cutoff": date.fromisoformat(row["cutoff"])}) for row in content.pop("season_tests")
        ),
        time=OperationalTime.from_json(content.pop("time")),
        calibrated_time=OperationalTime.from_json(content.pop("calibrated_time")),
        **content,
    )


def _test_as_json(test: HoldoutTest) -> dict[str, Any]:
    return {
        **vars(test),
        "cutoff": test.cutoff.isoformat(),
        "horizons": [asdict(horizon) for horizon in test.horizons],
        "refused": test.refused.as_data() if test.refused else None,
    }


def _test_from_json(row: dict[str, Any]) -> HoldoutTest:
    cutoff, refused = date.fromisoformat(row.pop("cutoff")), row.pop("refused")
    horizons = tuple(HorizonTest(**horizon) for horizon in row.pop("horizons"))
    return HoldoutTest(**row, cutoff=cutoff, horizons=horizons, refused=Message.from_data(refused) if refused else None)

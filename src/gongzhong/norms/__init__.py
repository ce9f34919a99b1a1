"""Holds a program and its deployment against the developer norms (开发者规范): `gongzhong norms`.

Nothing is sent and nothing is changed. What the program declares and handles is asked of its app; what it does and says
is read from its files, which is no proof: a finding says where to look, and a norm that cannot be seen from here is
listed as the operator's own duty.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..app import App
from ..config import Configuration
from .declared import check_declared
from .deployment import check_deployment
from .finding import NORMS, Finding, Norm, Verdict, holds
from .isolation import check_isolation
from .pages import check_pages
from .secrets import check_secrets
from .sources import Line, Sources
from .subject import ClientKey, Subject, apps_of
from .wording import check_wording

__all__ = [
    "NORMS",
    "Finding",
    "Line",
    "Norm",
    "Sources",
    "Subject",
    "Verdict",
    "apps_of",
    "check",
    "holds",
    "subject_of",
]

CHECKS = (check_declared, check_secrets, check_deployment, check_isolation, check_wording, check_pages)


def subject_of(
    apps: Sequence[App],
    program: Path,
    configuration: Configuration,
    *,
    keys: Sequence[ClientKey] | None = None,
    told: Sequence[Line] = (),
) -> Subject:
    """What is to be checked. `program` is the file of the program; its folder and repository are read."""
    from ..app import OfficialAccount

    opened = (app.binding.services.people is not None for app in apps if isinstance(app, OfficialAccount))
    return Subject(
        apps=tuple(apps),
        sources=Sources(program),
        configuration=configuration,
        people_given=any(opened),
        keys=None if keys is None else tuple(keys),
        told=tuple(told),
    )


def check(subject: Subject) -> list[Finding]:
    """What was found, in the order of `NORMS`; for each norm without a finding one that says `kept`, and for each that
    cannot be seen wholly one that says what remains the operator's duty."""
    found = subject.sources.judged([finding for one in CHECKS for finding in one(subject)])
    report: list[Finding] = []
    for norm in NORMS:
        about = [finding for finding in found if finding.norm == norm.key]
        if all(finding.verdict == "allowed" for finding in about):
            about.append(Finding(norm=norm.key, verdict="kept", zh=norm.kept[0], en=norm.kept[1]))
        report += about
        if norm.yours[0]:
            report.append(Finding(norm=norm.key, verdict="yours", zh=norm.yours[0], en=norm.yours[1]))
    return report

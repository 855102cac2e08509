"""Who asked: policies, runs, sites and their admission, visits, leases."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from provenance.models.base import Base, Digest, Instant, Json, SmallKey, WireText, Words


class Policy(Base):
    """A policy as it was applied; its digest is its version."""

    __tablename__ = "policy"
    __table_args__ = (
        UniqueConstraint("digest"),
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        {"comment": "policies as they were applied"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the policy: its version")
    name: Mapped[Words] = mapped_column(comment="profile name, or the file it was read from")
    text: Mapped[Words] = mapped_column(comment="the policy's TOML, verbatim")


class Run(Base):
    """One execution of a job: who asked, for what, under which policy and name."""

    __tablename__ = "run"
    __table_args__ = (
        Index(None, "job_digest"),
        Index(None, "job_name"),
        CheckConstraint("length(job_digest) = 32", name="job_digest_is_sha256"),
        CheckConstraint("length(settings_digest) = 32", name="settings_digest_is_sha256"),
        CheckConstraint("state IN ('running', 'waiting', 'interrupted', 'finished')", name="state_known"),
        CheckConstraint("resumptions >= 0", name="resumptions_not_negative"),
        CheckConstraint("contact <> ''", name="contact_stated"),
        {"comment": "one execution of a job"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    job_name: Mapped[Words] = mapped_column(comment="[job].name")
    job_digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the job's canonical JSON: the same job")
    job_text: Mapped[Words] = mapped_column(comment="the job file as it was read")
    purpose: Mapped[Words] = mapped_column(comment="the usage that documents are gathered for")
    policy_id: Mapped[SmallKey] = mapped_column(ForeignKey("policy.id"), comment="the policy that decided")
    operator: Mapped[Words] = mapped_column(comment="who runs it")
    contact: Mapped[Words] = mapped_column(comment="where a site's owner reaches the operator")
    info_url: Mapped[Words | None] = mapped_column(comment="page about the crawler; null: none stated")
    product_token: Mapped[Words] = mapped_column(comment="the name that robots.txt addresses us by")
    user_agent: Mapped[Words] = mapped_column(comment="User-Agent as sent")
    software: Mapped[Words] = mapped_column(comment="program and version")
    settings_digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the effective crawler settings")
    started_at: Mapped[Instant] = mapped_column(comment="UTC")
    heartbeat_at: Mapped[Instant] = mapped_column(comment="UTC; last sign of life")
    ended_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: has not ended, or was resumed")
    state: Mapped[Words] = mapped_column(comment="running, waiting, interrupted (can be resumed), finished")
    waiting_until: Mapped[Instant | None] = mapped_column(comment="UTC; when the first waiting site is due")
    waiting_for: Mapped[Json] = mapped_column(comment="JSON list of sites that are not due yet")
    resumptions: Mapped[SmallKey] = mapped_column(default=0, comment="how often it was taken up again")
    resumed_at: Mapped[Instant | None] = mapped_column(comment="UTC; last resumption; null: never")
    exit_code: Mapped[SmallKey | None] = mapped_column(comment="of the command; null: has not ended")
    summary: Mapped[Json] = mapped_column(comment="JSON object: what the command printed at its end")
    policy: Mapped[Policy] = relationship()


class Site(Base):
    """What we are admitted to: a registrable domain, an IP address or localhost."""

    __tablename__ = "site"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("name <> ''", name="name_not_empty"),
        {"comment": "registrable domains, IP addresses, localhost"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    name: Mapped[WireText] = mapped_column(comment="registrable domain, IP address or localhost")


class Source(Base):
    """Who said that we may go to a site at all, on what basis, within which bounds (DA-5.3.1-1)."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("run_id", "site_id", "digest"),
        CheckConstraint("length(digest) = 32", name="digest_is_sha256"),
        {"comment": "the admission of a site to a run"},
    )
    id: Mapped[SmallKey] = mapped_column(primary_key=True, comment="our key")
    run_id: Mapped[SmallKey] = mapped_column(ForeignKey("run.id"), comment="the run it holds for")
    site_id: Mapped[SmallKey] = mapped_column(ForeignKey("site.id"), comment="the site admitted")
    digest: Mapped[Digest] = mapped_column(comment="SHA-256 of the admission: a resumed run states it once")
    start: Mapped[Json] = mapped_column(comment="JSON list of start URLs")
    include: Mapped[Json] = mapped_column(comment="JSON list of URL prefixes in scope")
    admitted_by: Mapped[Words] = mapped_column(comment="who admitted it")
    basis: Mapped[Words] = mapped_column(comment="on what basis")
    permission: Mapped[Json | None] = mapped_column(
        comment="JSON object: the owner's permission as written; null: none"
    )
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when we knew it; null: recorded by an earlier release, run.started_at stands for it"
    )
    run: Mapped[Run] = relationship()
    site: Mapped[Site] = relationship()


class Visit(Base):
    """One site in one run, in the hands of one worker at a time."""

    __tablename__ = "visit"
    __table_args__ = (
        Index(None, "run_id", "site_id"),
        Index(None, "site_id"),
        CheckConstraint("epoch > 0", name="epoch_positive"),
        CheckConstraint("(ended_at IS NULL) = (reason IS NULL)", name="reason_when_ended"),
        {"comment": "one site in one run, in one worker's hands"},
    )
    id: Mapped[SmallKey] = mapped_column(
        primary_key=True, comment="our key; the high bits of its captures' keys"
    )
    run_id: Mapped[SmallKey] = mapped_column(ForeignKey("run.id"), comment="the run it is part of")
    site_id: Mapped[SmallKey] = mapped_column(ForeignKey("site.id"), comment="the site visited")
    epoch: Mapped[SmallKey] = mapped_column(comment="of the lease it was opened under")
    opened_at: Mapped[Instant] = mapped_column(comment="UTC")
    ended_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: open, or its worker died")
    reason: Mapped[Words | None] = mapped_column(comment="why it ended")
    recorded_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; when we knew it; null: recorded by an earlier release, opened_at stands for it"
    )
    tallied_at: Mapped[Instant | None] = mapped_column(
        comment="UTC; since when visit_tally counts its documents; null: it does not, count them in capture"
    )
    recorded_until: Mapped[Instant | None] = mapped_column(
        CheckConstraint(
            "tallied_at IS NOT NULL OR recorded_until IS NULL", name="recorded_until_when_tallied"
        ),
        comment="UTC; the latest capture.recorded_at when it was tallied; null: not tallied, or no capture says",
    )
    run: Mapped[Run] = relationship()
    site: Mapped[Site] = relationship()


class LeaseRow(Base):
    """Who may work on a site now; the epoch counts its owners and fences off the earlier ones."""

    __tablename__ = "lease"
    __table_args__ = (
        CheckConstraint("epoch >= 0", name="epoch_not_negative"),
        CheckConstraint(
            "(owner IS NULL) = (expires_at IS NULL) AND (owner IS NULL) = (acquired_at IS NULL)",
            name="held_or_free",
        ),
        {"comment": "who may work on a site now"},
    )
    site_id: Mapped[SmallKey] = mapped_column(
        ForeignKey("site.id"), primary_key=True, autoincrement=False, comment="the site"
    )
    owner: Mapped[Words | None] = mapped_column(comment="the worker that holds it; null: free")
    epoch: Mapped[SmallKey] = mapped_column(
        comment="grows with every owner; writes under an older one are refused"
    )
    acquired_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: free")
    expires_at: Mapped[Instant | None] = mapped_column(comment="UTC; null: free")
    site: Mapped[Site] = relationship()

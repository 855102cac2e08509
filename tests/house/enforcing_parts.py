"""The parts of the crawler that keep a promise, each with the edit that breaks it (see `mutations`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """One part that enforces something, and the edit that disables it."""

    name: str
    file: str
    text: str  # exact, once in the file
    instead: str
    tests: tuple[str, ...]  # the fewest that must notice


C = "tests/crawler/"
E = "tests/crawler_enforcement/"
SUPPRESSED = "tests/crawler_permission/test_suppression.py"
SOURCES = "tests/crawler_permission/test_sources_in_force.py"
LAWS = "tests/licences/test_policy_laws.py"
LIMITS, SMALL = E + "test_limits_that_hold.py", E + "test_a_small_crawl.py"

PERMISSION = (
    Part("robots.txt decides", "crawler/permission/gate.py",
        "record=rules.judge(target.url)", "record=rules.robots_itself()", (C + "test_gate.py::test_every_answer_has_one_meaning",)),
    Part("an undecided origin is denied", "crawler/permission/gate.py",
        "if not rules.decided(self._clock()):", "if rules.state is RobotsState.UNREACHABLE:", (C + "test_gate.py::test_nothing_is_granted_before_robots_txt_was_read",)),
    Part("a closed origin is denied", "crawler/permission/gate.py",
        "if rules.closed is not None:", "if rules.closed == '':", (C + "test_gate.py::test_a_closed_origin_is_closed_whatever_its_robots_txt_says",)),
    Part("a stale robots.txt judges nothing", "crawler/permission/origin.py",
        "return self.settled and now < self.expires", "return self.settled", (C + "test_gate.py::test_what_was_read_holds_for_its_time_and_no_longer",)),
    Part("robots.txt comes before the first page", "crawler/frontier/frontier.py",
        " or not rules.decided(now):", ":", (SMALL + "::test_robots_txt_comes_first_and_is_obeyed",)),
    Part("robots.txt redirects end after five", "crawler/permission/hops.py",
        "if hops >= REDIRECT_HOPS:", "if hops >= 10 * REDIRECT_HOPS:", (C + "test_gate.py::test_more_than_five_hops_are_unreachable",)),
    Part("401, 402, 403, 407, 451 on robots.txt deny", "licences/robots/state.py",
        "    if status in _REFUSALS:\n        return RobotsState.DENY_ALL\n", "", ("tests/licences/test_robots_state.py",)),
    Part("408, 425, 429 on robots.txt: unreachable", "licences/robots/state.py",
        "if status is None or status in _LATER:", "if status is None:", ("tests/licences/test_robots_state.py",)),
    Part("5xx on robots.txt: unreachable", "licences/robots/state.py",
        "if 400 <= status < 500 else", "if 400 <= status < 600 else", ("tests/licences/test_robots_state.py",)),
    Part("NUL in robots.txt: unreachable", "licences/robots/state.py",
        "if RobotsFlag.NUL_BYTES in document.flags:", "if False:", ("tests/licences/test_robots_state.py",)),
    Part("a group for Scrapy binds us too", "licences/robots/document.py",
        'FRAMEWORK_TOKEN = "Scrapy"', 'FRAMEWORK_TOKEN = "Nobody"', ("tests/licences/test_robots_access.py",)),
    Part("robots.txt is read to 512 KiB", "crawler/visit.py",
        "return MAX_ROBOTS if stop.errand is Errand.ROBOTS else MAX_PAGE", "return MAX_PAGE", (C + "test_exchanges.py::test_a_body_is_read_up_to_its_limit",)),
    Part("scope", "crawler/frontier/itinerary.py",
        "        if scope is None:\n            return False\n", "        scope = scope or 0\n", (C + "test_itinerary.py::test_a_scope_is_what_the_job_says",)),
    Part("depth", "crawler/frontier/itinerary.py",
        "if depth > section.max_depth:", "if False:", (C + "test_itinerary.py::test_two_sections_are_two_scopes_of_one_visit",)),
    Part("page redirects end after five", "crawler/spiders/site.py",
        "stop.hops >= REDIRECT_HOPS:", "stop.hops >= 10 * REDIRECT_HOPS:", (SMALL + "::test_redirects_end_after_five",)),
    Part("an owner's word ends with its day", "crawler/job.py",
        " and day <= self.valid_until", "", (C + "test_job.py::test_an_owners_permission_holds_from_its_first_day_to_its_last",)),
    Part("an owner's word holds for its own site only", "crawler/frontier/routes.py",
        "return urls.site_of(host) == self._visit.site", "return True", (LIMITS,)),
    Part("what was erased is not fetched again", "crawler/permission/gate.py",
        "        if (barred := self.barred(target)) is not None:\n            return barred\n", "", (SUPPRESSED + "::test_the_gate_denies_what_was_erased_first_of_all",)),
    Part("of what was erased not even robots.txt is asked", "crawler/frontier/frontier.py",
        "        if self._refusing.refuse_barred(queue):\n", "        if queue:\n", (SUPPRESSED + "::test_for_pages_that_were_erased_no_robots_txt_is_asked",)),
    Part("no crawl goes around an erased robots.txt", "crawler/permission/gate.py",
        "            rules.closed, rules.reason = SUPPRESSED,", "            _ = SUPPRESSED,", (SUPPRESSED + "::test_the_gate_denies_what_was_erased_first_of_all",)),
    Part("a running crawl hears of an erasure", "crawler/frontier/watch.py",
        "self._memory.hear_of_erasures()", "False", (SUPPRESSED + "::test_what_is_erased_while_a_crawl_runs_is_asked_for_no_more",)),
    Part("a source out of force is asked for nothing", "crawler/permission/gate.py",
        "self._suppressed.denial(target) or self._sources.denial(target)", "self._suppressed.denial(target)", (SOURCES + "::test_the_gate_denies_first_of_all",)),
    Part("a running crawl hears of a revocation", "crawler/frontier/watch.py",
        "self._memory.hear_of_sources()", "False", (SOURCES + "::test_what_ends_while_a_crawl_runs_is_asked_for_no_more[revoked]",)),
    Part("a job's own end binds its run", "crawler/permission/sources.py",
        "if ends is not None and now >= ends:", "if False:", (SOURCES + "::test_the_jobs_own_end_binds_its_run",)),
    Part("a job cannot lift a revocation", "provenance/admissions.py",
        "if connection.execute(known).first() is not None or (", "if (", (SOURCES + "::test_a_job_cannot_lift_a_revocation_and_a_person_can",)),
    Part("no contact, no crawl", "crawler/job.py",
        "    contact: Annotated[str, AfterValidator(_mail)]\n", '    contact: str = "nobody@example.org"\n', (C + "test_job.py::test_a_mistake_is_told_with_file_key_and_remedy",)),
)  # fmt: skip  # part and file, then text and what stands there instead

THE_WAY_OUT = (
    Part("a pass is needed (middleware)", "crawler/middlewares/permission.py",
        "            raise\n", "", (E + "test_sending_once.py::test_a_request_without_a_pass_ends_before_the_download_handler",)),
    Part("a pass is needed (download handler)", "crawler/frontier/passes.py",
        "if not isinstance(carried, Pass):", "if carried is None:", (C + "test_exchanges.py::test_nothing_leaves_without_its_own_pass",)),
    Part("a refused pass opens nothing", "crawler/frontier/passes.py",
        "if not carried.permission.granted:", "if False:", (C + "test_exchanges.py::test_nothing_leaves_without_its_own_pass",)),
    Part("a pass is for one URL", "crawler/frontier/passes.py",
        "if request.url != carried.permission.url or request.url != carried.claim.url:", "if False:", (C + "test_exchanges.py::test_nothing_leaves_without_its_own_pass",)),
    Part("GET only", "crawler/frontier/passes.py",
        'if request.method != "GET":', "if False:", (C + "test_exchanges.py::test_nothing_leaves_without_its_own_pass",)),
    Part("a ticket is good once", "crawler/frontier/lanes.py",
        "if self._started or self._ended:", "if False:", (C + "test_exchanges.py::test_a_pass_is_good_for_one_request",)),
    Part("the download handler asks the gate again", "crawler/download_handler.py",
        "        self._ask_again(carried)\n", "", (C + "test_exchanges.py::test_nothing_leaves_without_its_own_pass",)),
    Part("no retry behind our back", "crawler/download_handler.py",
        "retryAutomatically = False", "retryAutomatically = True", (E + "test_sending_once.py",)),
    Part("address guard", "crawler/permission/address.py",
        "if why is not None and not (private_addresses and why in _OWNERS):", "if False:", (C + "test_address_guard.py::test_a_refusal_names_host_address_and_reason",)),
    Part("an embedded address is looked through", "crawler/permission/address.py",
        "embedded = address.ipv4_mapped or address.sixtofour", "embedded = None", (C + "test_address_guard.py::test_no_crawl_reaches",)),
    Part("the guard opens for the owner's site only", "crawler/frontier/addresses.py",
        " and self._routes.is_ours(host)", "", (LIMITS,)),
    Part("the checked address is dialled", "crawler/download_handler.py",
        "endpoint(self._reactor, str(carried.address),", "endpoint(self._reactor, target.host,", (C + "test_exchanges.py::test_a_name_is_asked_for_by_its_name_at_the_address_that_was_checked",)),
    Part("TLS: certificate and name are verified", "crawler/frontier/services.py",
        "            self._creators[host] = creator\n",
        "            self._creators[host] = creator\n"
        "            creator.clientConnectionForTLS = ssl.CertificateOptions()._makeTLSConnection\n",
        (C + "test_tls.py::test_an_unverified_server_hears_no_request",)),
    Part("User-Agent", "crawler/identity.py",
        '{"User-Agent": self.user_agent, "From"', '{"From"', (C + "test_exchanges.py::test_a_request_says_who_asks_and_nothing_else",)),
    Part("From", "crawler/identity.py",
        ', "From": self.contact}', "}", (C + "test_exchanges.py::test_a_request_says_who_asks_and_nothing_else",)),
    Part("the seal", "crawler/addon.py",
        "    if differences:\n", "    if False:\n", (C + "test_seal.py::test_no_spider_brings_another_setting",)),
)  # fmt: skip  # as above

PACE = (
    Part("a gap counts from the end of an answer", "crawler/frontier/lanes.py",
        "lane.last_end = now", "lane.last_end = self.started_at", (C + "test_lanes.py::test_the_gap_counts_from_the_end_of_an_answer",)),
    Part("jitter only lengthens", "crawler/politeness.py",
        "return gap * (1 + JITTER * draw())", "return gap * (1 - JITTER * draw())", (C + "test_pace.py::test_jitter_never_shortens_a_gap",)),
    Part("in flight no more than allowed", "crawler/frontier/lanes.py",
        "if self.in_flight >= limits.max_in_flight:", "if False:", (C + "test_lanes.py::test_a_full_lane_has_no_time_at_all",)),
    Part("the lane of the registrable domain", "crawler/frontier/routes.py",
        '            Passage(lane(f"domain:{urls.site_of(target.host)}"), at_domain),\n', "", (LIMITS,)),
    Part("the lane of the address", "crawler/frontier/routes.py",
        '            Passage(lane(f"address:{pacing_key(address)}"), at_address),\n', "", (LIMITS,)),
    Part("Crawl-delay is a floor", "crawler/politeness.py",
        "return max(floor, min(adaptive, ADAPTIVE_CAP), asked)", "return max(floor, min(adaptive, ADAPTIVE_CAP))", (C + "test_pace.py::test_a_hosts_gap",)),
    Part("a slow host gets a longer gap", "crawler/politeness.py",
        "return max(floor, min(adaptive, ADAPTIVE_CAP), asked)", "return max(floor, asked)", (C + "test_pace.py::test_a_hosts_gap",)),
    Part("Retry-After is a floor", "crawler/politeness.py",
        "return retry_after * (1 + 0.1 * draw())", "return retry_after * (1 - 0.1 * draw())", (C + "test_pace.py::test_retry_after_is_a_floor",)),
    Part("back-off after 429, 503 and no answer", "crawler/frontier/host.py",
        "[self._back_off(now, outcome)] if outcome.backs_off else []", "[]", (LIMITS,)),
    Part("back-off reaches the lane", "crawler/frontier/lanes.py",
        "return max(self.not_before, ", "return max(", (C + "test_lanes.py::test_a_back_off_outlasts_the_gap",)),
    Part("the breaker opens", "crawler/frontier/breaker.py",
        "self.open_until = now + politeness.breaker_open(len(self.openings))", "pass", (LIMITS,)),
    Part("a day's budget", "crawler/frontier/hosts.py",
        "if day.requests >= budget.requests or", "if", (LIMITS,)),
    Part("a closed host takes no request", "crawler/frontier/frontier.py",
        "        closure = self._routes.closure(head.host, now)\n", "        closure = None\n", (SMALL + "::test_nothing_leaves_beyond_a_days_budget",)),
)  # fmt: skip  # as above

WHAT_IS_KEPT = (
    Part("401, 402, 403, 451 are no documents", "crawler/turned_away.py",
        "return _by_status(exchange, status) if status in REFUSALS else None", "return None", (SMALL + "::test_a_refusal_is_no_document",)),
    Part("a page to log in is no document", "crawler/turned_away.py",
        "barrier = recognition.by_page(page.tree, page.body)", "pass", (SMALL + "::test_a_page_to_log_in_is_no_document",)),
    Part("media that the job asks for", "crawler/visit.py",
        "return not media_type or media_type in", "return True or media_type in", (C + "test_exchanges.py::test_a_form_that_nobody_asked_for_is_not_read",)),
    Part("a body ends at its bound", "crawler/wire.py",
        "data[: self._limit - len(self.body)]", "data", (C + "test_exchanges.py::test_a_body_is_read_up_to_its_limit",)),
    Part("a head ends at its bound", "crawler/wire.py",
        "        if len(head) > MAX_HEAD:\n", "        if False:\n", (C + "test_exchanges.py::test_no_usable_answer_is_told_in_words",)),
    Part("a bomb ends at its bound", "crawler/content_coding.py",
        "part = stream.decompress(data, limit - size + 1)", "part = stream.decompress(data)", (C + "test_content_coding.py::test_a_bomb_is_cut_at_the_bound",)),
    Part("markup has its price", "crawler/parsing_cost.py",
        "            if steps > STEPS:\n                return token.start()\n", "", ("crawler/parsing_cost.py",)),
    Part("pages are read in the web's encodings", "crawler/representation.py",
        "_READ_AS.get(codecs.lookup(_LABELS.get(label.lower(), label)).name)", "codecs.lookup(label).name", (C + "test_reading_pages.py::test_pythons_own_codecs_are_none_of_the_webs",)),
    Part("no document type in XML", "crawler/links.py",
        "forbid_dtd=True", "forbid_dtd=False", (C + "test_outlinks.py::test_a_document_type_is_not_read",)),
    Part("bytes are synced before their rows commit", "crawler/recording.py",
        "            opened.segment.sync()\n", "            pass\n", (E + "test_rows_follow_bytes.py",)),
    Part("a lost lease writes nothing", "provenance/fence.py",
        '    if row.epoch != epoch:\n        raise StaleLease(\n            f"{site}:', '    if False:\n        raise StaleLease(\n            f"{site}:',
        ("tests/provenance/test_recording.py::test_a_stale_epoch_is_refused",)),
    Part("a visit of an older epoch writes nothing", "provenance/fence.py",
        '    if row.epoch != epoch:\n        raise StaleLease(\n            f"{row.name}:', '    if False:\n        raise StaleLease(\n            f"{row.name}:',
        ("tests/provenance/test_recording.py::test_a_stale_epoch_is_refused",)),
)  # fmt: skip  # as above

RIGHTS = (
    Part("a file's word against fetching closes its paths", "crawler/permission/gate.py",
        "return self._closed_by_statement(rules, target) or permission", "return permission", (C + "test_gate.py::test_a_file_that_forbids_fetching_closes_its_paths",)),
    Part("a body that may not be kept is dropped", "crawler/retention.py",
        "if keep is Kept.BODY or (", "if True or (", ("tests/crawler_permission/test_retention.py::test_a_body_that_may_not_be_kept_is_nowhere",)),
    Part("what is lenient never allows", "licences/policy/reach.py",
        "        not statement.lenient\n        and ", "        ", (LAWS + "::test_an_allowance_never_comes_from_what_is_malformed_or_lenient",)),
    Part("what is malformed never allows", "licences/policy/reach.py",
        "        and statement.retrieval is Retrieval.OK\n", "", (LAWS + "::test_an_allowance_never_comes_from_what_is_malformed_or_lenient",)),
    Part("permission to another is none to us", "licences/policy/reach.py",
        "        and speaks_to_us(statement)\n    )\n\n\ndef allows", "    )\n\n\ndef allows", ("tests/licences/test_policy.py::test_permission_to_another_agent_is_no_permission_to_us",)),
)  # fmt: skip  # as above

PARTS = (*PERMISSION, *THE_WAY_OUT, *PACE, *WHAT_IS_KEPT, *RIGHTS)

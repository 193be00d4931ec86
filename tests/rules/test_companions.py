"""The alerts beside the required fourteen that no threshold describes: what vanished, what never came, what will run out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.content import cases, promtool
from harness.content.profiles import NAME, NAMESPACE, profile
from harness.content.stimuli import DAY, INSTANCE, OTHER_INSTANCE
from harness.content.timeline import Series, counter

AT = {"namespace": NAMESPACE, "job": NAME}
WHO = f"{NAMESPACE}/{NAME}"
NEIGHBOURS = ({"namespace": NAMESPACE, "job": "neighbour"}, {"namespace": "elsewhere", "job": NAME})


def judge(
    folder: Path, name: str, series: Sequence[Series], checks: Mapping[str, Mapping[str, str]], subject: dict[str, str], **sections: Any
) -> None:
    """`checks` maps times to the description with which `name` fires for `subject`, or to nothing where it is silent."""
    made = profile(**sections)
    rule = cases.rendered(made, name)
    fixed = {k: rule["labels"][k] for k in ("namespace", "profile", "severity", "signal")}
    rule["annotations"] = {"description": rule["annotations"]["description"]}
    test = {
        "input_series": [each.document() for each in series],
        "alert_rule_test": [
            {
                "eval_time": at,
                "alertname": name,
                "exp_alerts": [{"exp_labels": {**AT, **fixed, **subject}, "exp_annotations": dict(expected)}] if expected else [],
            }
            for at, expected in checks.items()
        ],
    }
    passed, words = promtool.prove(folder, cases.groups(rule), [test], interval=made.spec.scrape.interval)
    assert passed, words


def says(description: str) -> Mapping[str, str]:
    """The annotations of an alert that fires."""
    return {"description": description}


SILENT: Mapping[str, str] = {}


class TestInstanceDown:
    """One instance of several cannot be scraped."""

    TEXT = says(f"Prometheus cannot scrape {INSTANCE} of {WHO}, and with it one share of the capacity may be gone.")

    def test_fires_for_the_instance_that_is_down(self, tmp_path: Path) -> None:
        """Five minutes after an instance went down, for it alone; it ends when the instance is back."""
        series = cases.up(AT, [1.0] * 4 + [0.0] * 40 + [1.0] * 9, [1.0] * 53)
        series += [each for at in NEIGHBOURS for each in cases.up(at, [0.0] * 53)]
        checks = {"5m45s": SILENT, "6m": self.TEXT, "10m45s": self.TEXT, "11m": SILENT}
        judge(tmp_path, "InstanceDown", series, checks, {"instance": INSTANCE})

    def test_a_restart_is_silent(self, tmp_path: Path) -> None:
        """Four minutes of a rolling update are no incident."""
        judge(tmp_path, "InstanceDown", cases.up(AT, [0.0] * 16 + [1.0] * 60), {"4m": SILENT, "5m": SILENT, "10m": SILENT}, {})


class TestInstrumentationMissing:
    """A service that is up without a pack's series makes that pack's alerts blind."""

    def text(self, pack: str) -> Mapping[str, str]:
        """What is said about `pack`."""
        return says(
            f"{WHO} is scraped, but there is not one series of the pack {pack}: its alerts cannot fire. Either the service has not used it"
            " since it started, or it is not instrumented; then leave the pack out of spec.packs."
        )

    def test_names_the_pack(self, tmp_path: Path) -> None:
        """With http exposed and ga4 not, ga4 is named after a quarter of an hour, until its first series is there."""
        late = [None] * 80 + [1.0] * 10
        series = [
            *cases.up(AT, [1.0] * 90),
            Series("http_requests_total", {**AT, "instance": INSTANCE}, [5.0] * 90),
            Series("ga4_api_calls_total", {**AT, "instance": INSTANCE}, late),
            *(Series("ga4_api_calls_total", {**at, "instance": INSTANCE}, [1.0] * 90) for at in NEIGHBOURS),
        ]
        checks = {"14m45s": SILENT, "15m": self.text("ga4"), "19m45s": self.text("ga4"), "20m": SILENT}
        judge(tmp_path, "InstrumentationMissing", series, checks, {"pack": "ga4"}, packs=["http", "ga4"])

    def test_silent_where_nothing_is_up(self, tmp_path: Path) -> None:
        """A service that is down is missing everything, and has its own alert."""
        judge(tmp_path, "InstrumentationMissing", cases.up(AT, [0.0] * 90), {"20m": SILENT}, {})
        judge(tmp_path, "InstrumentationMissing", [], {"20m": SILENT}, {})

    def test_one_instance_is_enough(self, tmp_path: Path) -> None:
        """GA4 may be called by one replica alone."""
        series = [*cases.up(AT, [1.0] * 90, [1.0] * 90), Series("ga4_api_calls_total", {**AT, "instance": INSTANCE}, [1.0] * 90)]
        judge(tmp_path, "InstrumentationMissing", series, {"20m": SILENT}, {}, packs=["ga4"])

    def test_every_pack_is_watched(self, tmp_path: Path) -> None:
        """Each pack is missed when it is the profile's only one."""
        for pack in ("ga4", "vector-search", "sse", "http", "database", "system"):
            judge(tmp_path, "InstrumentationMissing", cases.up(AT, [1.0] * 90), {"16m": self.text(pack)}, {"pack": pack}, packs=[pack])


def calls(status: str, increments: Sequence[float | None], instance: str = INSTANCE) -> Series:
    """GA4 calls that ended with `status`."""
    return Series("ga4_api_calls_total", {**AT, "instance": instance, "status": status}, counter(increments))


class TestGa4ApiAllCallsFailing:
    """Too few calls for a ratio, and not one that succeeds."""

    def text(self, count: int) -> Mapping[str, str]:
        """What is said about `count` calls."""
        return says(f"All {count} GA4 API calls of {WHO} in the last hour failed. There are too few of them for the error ratio's alert.")

    def test_fires_on_three_failures_and_no_success(self, tmp_path: Path) -> None:
        """A call every ten minutes that always fails is noticed, though no window ever holds twenty."""
        failing = ([1] + [0] * 39) * 8
        series = [calls("error", [0, *failing]), calls("success", [0] * 321), calls("cancelled", [50] * 321)]
        judge(tmp_path, "Ga4ApiAllCallsFailing", series, {"19m": SILENT, "75m": self.text(6)}, {})

    def test_one_success_is_enough(self, tmp_path: Path) -> None:
        """A call that succeeded within the hour keeps it silent, until that hour is over."""
        failing = ([1] + [0] * 39) * 10
        series = [calls("error", [0, *failing]), calls("success", [0] * 100 + [1] + [0] * 300)]
        judge(tmp_path, "Ga4ApiAllCallsFailing", series, {"30m": SILENT, "70m": SILENT, "92m": self.text(6)}, {})

    def test_two_failures_are_not_enough(self, tmp_path: Path) -> None:
        """MinEvents holds here too."""
        series = [calls("error", [0, 0, 1, 0, 0, 1] + [0] * 234), calls("success", [0] * 240)]
        judge(tmp_path, "Ga4ApiAllCallsFailing", series, {"30m": SILENT, "55m": SILENT}, {})


class TestGa4TrafficVanished:
    """Calls that were there an hour ago and are not now."""

    def text(self, count: int) -> Mapping[str, str]:
        """What is said where `count` calls were made before."""
        return says(
            f"{WHO} has made no GA4 API call for 10m; an hour before it made {count} in the same time. Calls that hang, or fail before they"
            " are counted, look like this."
        )

    def test_fires_while_the_hour_before_was_busy(self, tmp_path: Path) -> None:
        """Ten minutes without a call, then five of waiting; when the comparison itself is quiet it ends."""
        series = [calls("success", [3] * 280 + [0] * 400), calls("cancelled", [9] * 680)]
        checks = {"75m": SILENT, "80m": SILENT, "85m15s": self.text(120), "120m": self.text(120), "145m": SILENT}
        judge(tmp_path, "Ga4TrafficVanished", series, checks, {})

    def test_fires_when_a_restart_took_the_counters(self, tmp_path: Path) -> None:
        """After a restart without calls there is no series to be 0."""
        series = [calls("success", [3] * 280)]
        judge(tmp_path, "Ga4TrafficVanished", series, {"90m": self.text(120)}, {})

    def test_silent_for_quiet_services(self, tmp_path: Path) -> None:
        """Nineteen calls in ten minutes are too few to miss them."""
        series = [calls("success", [0.475] * 280 + [0] * 100)]
        judge(tmp_path, "Ga4TrafficVanished", series, {"85m": SILENT, "90m": SILENT}, {})

    def test_silent_on_an_app_that_just_started(self, tmp_path: Path) -> None:
        """Without an hour before there is nothing to compare with."""
        judge(tmp_path, "Ga4TrafficVanished", [calls("success", [0] * 200)], {"30m": SILENT, "49m": SILENT}, {})


SUBJECT = {"tenant_id": "t1", "property_id": "p1"}


def quota(
    left: Sequence[float | None], used: Sequence[float | None], refill: float, *, instance: str = INSTANCE, read: float = 1.0
) -> list[Series]:
    """What one replica says about a property's core tokens of the day, beside quotas that must not count."""
    at = {**AT, "instance": instance, **SUBJECT}
    day = {"category": "core", "quota": "tokens_per_day"}
    return [
        Series("ga4_quota_category_remaining", {**at, **day}, left),
        Series("ga4_quota_category_consumed_total", {**at, **day}, counter(used)),
        Series("ga4_quota_category_remaining", {**at, **day, "quota": "tokens_per_hour"}, [1.0] * len(left)),
        Series("ga4_quota_category_consumed_total", {**at, **day, "quota": "tokens_per_hour"}, counter([9999] * len(left))),
        Series("ga4_quota_category_remaining", {**at, **day, "category": "realtime"}, [1.0] * len(left)),
        Series("ga4_quota_category_consumed_total", {**at, **day, "category": "realtime"}, counter([9999] * len(left))),
        Series("ga4_quota_reset_timestamp_seconds", at, [refill] * len(left)),
        Series("ga4_quota_updated_timestamp_seconds", at, [read] * len(left)),
    ]


class TestGa4QuotaPaceTooHigh:
    """The day's tokens will be gone before the refill."""

    def text(self, time: str) -> Mapping[str, str]:
        """What is said when tokens last for `time`."""
        return says(
            f"At the pace of the last hour, the core tokens of property p1 (tenant t1, {WHO}) are gone in {time}, before the refill at"
            " midnight Pacific time."
        )

    def test_fires_when_tokens_end_before_the_day(self, tmp_path: Path) -> None:
        """Two tokens a second and 10,000 left with eight hours to go: gone in 1h 23m."""
        series = quota([10000] * 400, [30] * 400, 8 * 3600)
        judge(tmp_path, "Ga4QuotaPaceTooHigh", series, {"10m": SILENT, "70m": self.text("1h 23m 20s")}, SUBJECT)

    def test_silent_when_they_last(self, tmp_path: Path) -> None:
        """95 % used an hour before the refill at a slow pace is a normal day."""
        judge(tmp_path, "Ga4QuotaPaceTooHigh", quota([10000] * 400, [30] * 400, 10000), {"90m": SILENT}, SUBJECT)

    def test_silent_shortly_before_the_refill(self, tmp_path: Path) -> None:
        """In the last quarter of an hour nobody can do anything about it."""
        series = quota([10] * 400, [30] * 400, 6000)
        judge(tmp_path, "Ga4QuotaPaceTooHigh", series, {"80m": self.text("5s"), "86m": SILENT}, SUBJECT)

    def test_silent_when_nothing_is_consumed(self, tmp_path: Path) -> None:
        """No pace, no end."""
        judge(tmp_path, "Ga4QuotaPaceTooHigh", quota([1] * 400, [0] * 400, DAY), {"90m": SILENT}, SUBJECT)

    def test_the_lowest_reading_and_all_consumers_count(self, tmp_path: Path) -> None:
        """Two replicas consume together what the one that read last says is left."""
        series = quota([90000] * 400, [15] * 400, 8 * 3600) + quota([10000] * 400, [15] * 400, 8 * 3600, instance=OTHER_INSTANCE)
        judge(tmp_path, "Ga4QuotaPaceTooHigh", series, {"90m": self.text("1h 23m 20s")}, SUBJECT)

    def test_a_reading_from_before_the_refill_is_ignored(self, tmp_path: Path) -> None:
        """The replica that still shows yesterday's last tokens does not count."""
        series = quota([10] * 400, [30] * 400, 60, instance=OTHER_INSTANCE) + quota([200000] * 400, [30] * 400, 8 * 3600)
        judge(tmp_path, "Ga4QuotaPaceTooHigh", series, {"90m": SILENT}, SUBJECT)

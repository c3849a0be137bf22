"""Mapping files are read whole or refused with every mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.read.gateways.formats import load_mapping


class TestLoadMapping:
    def test_every_mistake_is_named_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.toml"
        path.write_text(
            'extens = "otel"\nrequest = 7\n[recognise]\nsome = ["a"]\n[columns]\nacount_id = "a"\n'
            'started_at = { from = "t", unit = "msec" }\ninput_text = { from = "p", as = "usertext" }\n'
            'exchange_id = { form = "id" }\nrequest_model = "a..b"\nchannel = [7]\n',
            encoding="utf-8",
        )
        with pytest.raises(UsageError) as raised:
            load_mapping(path)
        assert [
            (mistake.where.split(" at ")[1], mistake.what, mistake.remedy) for mistake in raised.value.mistakes
        ] == [
            ("`extens`", "is not known", "did you mean `extends`?"),
            ("`recognise.some`", "is not known", "known are `all`, `any`"),
            ("`request`", "is neither a text nor a list of texts", "write it in quotes"),
            ("`columns.acount_id`", "is not a column of `exchanges`", "did you mean `account_id`?"),
            ("`columns.started_at.unit`", "`msec` is not known", "did you mean `ms`?"),
            ("`columns.input_text.as`", "`usertext` is not known", "did you mean `user_text`?"),
            ("`columns.exchange_id.form`", "is not known", "did you mean `from`?"),
            ("`columns.exchange_id`", "needs one of `from`, `join` and `constant`", "see `docs/formats/mapping.md`"),
            ("`columns.request_model.from`", "`a..b` is no path", 'write `one.two`, or `one."with.dots".three`'),
            ("`columns.channel`", "is neither a path nor a table", "see `docs/formats/mapping.md`"),
        ]

    @pytest.mark.parametrize("text", ["a = ", "\udcff"])
    def test_what_is_no_toml_is_said(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "ours.toml"
        path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
        with pytest.raises(UsageError, match="is not TOML"):
            load_mapping(path)

    def test_a_file_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="cannot be read"):
            load_mapping(tmp_path / "ours.toml")

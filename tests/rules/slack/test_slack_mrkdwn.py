"""Slack's syntax inside of texts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookroom.rules.mentions import named_in
from hookroom.rules.slack.mrkdwn import markdown, may_hold, plain

A = "https://a.example/x"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        # Links.
        (f"see <{A}|the page>.", f"see [the page]({A})."),
        (f"<{A}>", A),
        (f"<{A}|>", A),
        (f"<{A}|{A}>", A),
        (f"see <{A}>, or not", f"see {A}, or not"),
        (f"x<{A}>y", f"x[{A}]({A})y"),
        (f"(<{A}>)", f"([{A}]({A}))"),
        (f"<{A}><{A}>", f"[{A}]({A})[{A}]({A})"),
        (f"<{A}?a=1&amp;b=2|Q&amp;A>", f"[Q&A]({A}?a=1&b=2)"),
        (f"<{A}_(y)|a (b)>", f"[a (b)]({A}_%28y%29)"),
        (f"<{A}|[OPS-1] down>", f"[[OPS-1] down]({A})"),
        (f"<{A}|a](javascript:b)>", f"[a] (javascript:b)]({A})"),
        (f"*<{A}|bold>* _it_ ~gone~", f"*[bold]({A})* _it_ ~gone~"),
        ("<HTTP://A.example|x>", "[x](HTTP://A.example)"),
        ("<mailto:a@b.c|a@b.c>", "a@b.c"),
        ("<mailto:a@b.c|write>", "[write](mailto:a@b.c)"),
        ("<mailto:a@b.c>", "a@b.c"),
        ("<tel:+4930123|call us>", "call us (+4930123)"),
        ("<tel:+4930123|+4930123> <tel:+4930>", "+4930123 +4930"),
        # People, channels, groups.
        ("<@U024BE7LH|bob> <@W012A3CDE>", "@bob @W012A3CDE"),
        ("<@U024BE7LH|Bob Dobalina>", "Bob Dobalina"),
        ("hi<@U024BE7LH|bob>by", "hi @bob by"),
        ("<@U024BE7LH|bob>.", "@bob."),
        ("<#C024BE7LR|general> <#C024BE7LR> <#C024BE7LR|>", "#general #C024BE7LR #C024BE7LR"),
        ("<!here> <!here|here>", "@here @here"),
        ("<!channel> <!everyone> <!group|@group>", "@all @all @all"),
        (":fire:<!here>down. <!here>.", ":fire: @here down. @here ."),
        ("<!subteam^SAZ94GDB8|@ops> <!subteam^SAZ94GDB8>", "@ops @SAZ94GDB8"),
        # Dates.
        ("<!date^1392734382^{date_short} {time}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<!date^1392734382^{date_short}>", "2014-02-18 14:39 UTC"),
        (f"<!date^1392734382^{{date}}^{A}|then>", f"[then]({A})"),
        ("<!date^1392734382^{date}^javascript:x|then>", "then (javascript:x)"),
        # Escapes, once.
        ("a &lt;b&gt; &amp;&amp; c &amp;lt; &quot;", "a <b> && c &lt; &quot;"),
        (f"&lt;{A}|no link&gt;", f"<{A}|no link>"),
        # Emoji.
        (":wave::skin-tone-2: :+1::skin-tone-6:", ":wave_tone1: :+1_tone5:"),
    ],
)
def test_what_is_slacks(sent: str, shown: str) -> None:
    assert may_hold(sent)
    assert markdown(sent) == shown


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "5 < 6 > 4, a <= b",
        "<b>bold</b><br/><a href='https://a.example'>x</a>",
        "<!-- comment --><!DOCTYPE html><!here is><!HERE>",
        "Bob <bob@a.example>",
        "<@someone> <@123456> <#general> <@u024be7lh>",
        "<javascript:alert(1)|x> <data:text/html,x|x> <ftp://a.example|x> </etc/passwd|x>",
        "vector<int|float> x; if (a<b|c>d)",
        f"<{A}|two\nlines>",
        "<https://|x> ".replace("https://", "https:/"),
        "`<!here> <https://a.example|x> &amp;`",
        "```\n<!here> &lt;b&gt;\n<https://a.example|x>```",
        "&nbsp; &copy; AT&T",
    ],
)
def test_what_is_not_stays(text: str) -> None:
    assert markdown(text) == text


def test_code_ends() -> None:
    assert markdown("`a &amp;` <!here> ``` <!here>") == "`a &amp;` @here ``` @here"
    assert markdown("`a &amp; <!here>`", in_block=True) == "`a & <!here>`"


def test_titles_have_no_markdown() -> None:
    assert plain(f"<{A}|Build 5> &amp; <@U024BE7LH|bob> <{A}>") == f"Build 5 ({A}) & @bob {A}"


@pytest.mark.parametrize(
    "sent",
    [
        "<@U024BE7LH|all>",
        "<@U024BE7LH|@here>",
        "@<@U024BE7LH|all>",
        "<@U024BE7LH|x @all>",
        "<@U024BE7LH|al>l",
        f"<{A}|@all and @here>",
        f"{{}}<{A}|hi @all>",
        "<tel:+49|@all>",
        "<!subteam^SAZ94GDB8|@all>",
        "<!date^1^x|@all>",
    ],
)
def test_labels_mention_nobody(sent: str) -> None:
    named = named_in(markdown(sent))
    assert named.groups == ()
    assert not set(named.users) - {"al"}


@pytest.mark.parametrize("sent", ["<!here>", "x<!here>y", ":a:<!here>: z", "<!here>.", "<!channel><!here>"])
def test_groups_mention_whatever_they_stand_beside(sent: str) -> None:
    assert "here" in named_in(markdown(sent)).groups


parts = st.sampled_from(
    [
        *(
            "<",
            ">",
            "|",
            "&amp;",
            "&lt;",
            "`",
            "```",
            "\n",
            " ",
            "@",
            "#",
            "](",
            ")",
            "(",
            "all",
            "javascript:",
            "\\",
        ),
        *(
            "<https://a.example",
            "<mailto:a@b",
            "<tel:1",
            "<@U024BE7LH",
            "<#C024BE7LR",
            "<!here",
            "<!subteam^SAZ94G",
        ),
        *("<!date^1^x", "^https://a.example", "::skin-tone-2:", ":a", "*", "_"),
    ]
)
texts = st.lists(parts | st.text(max_size=3), max_size=25).map("".join)
# A link that was made here: what follows `](`.
_MADE = re.compile(r"\]\(([^)\s]*)")


@given(texts)
def test_whatever_comes(text: str) -> None:
    for shown in (markdown(text), markdown(text, in_block=True), plain(text)):
        assert len(shown) <= 3 * len(text) + 40
    if "](" not in text:
        assert all(re.match("https?://|mailto:", url, re.I) for url in _MADE.findall(markdown(text)))
    if "&" not in text:
        once = markdown(text)
        assert markdown(once) == once or "`" in text or "<" in once


def test_long_texts_take_no_longer_than_they_are_long() -> None:
    for piece in ("<", "`", "```", ":a", "<!date^", "<https://a|", "<@U", "&", "::skin-tone-"):
        many = piece * 100_000
        assert len(markdown(many)) <= len(many)

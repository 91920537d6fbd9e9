use std::{collections::BTreeSet, time::Duration};

use kernel::Day;
use proto::{
    indicator::v1::Count,
    rating::v1::{GetResultResponse, ItemScore, Result as Score},
};

use super::*;
use crate::demo::summary::{Meeting, Waiting, Waits, counts_for};

pub(crate) fn summary() -> Summary {
    let defect = |kind: &str| Defect {
        branch: "b".into(),
        kind: kind.into(),
    };
    let fact = Count {
        indicator: "activity.study.held".into(),
        numerator: 11,
        denominator: 12,
        applicable: true,
        evidence: vec!["m1".into()],
        ..Count::default()
    };
    let item = ItemScore {
        item: "leadership.political.study".into(),
        name_zh: "理论学习".into(),
        offered: 3500,
        earned: 3208,
    };
    let answer = GetResultResponse {
        result: Some(Score {
            star: 4,
            total_exact: 984_265_000,
            rules: vec!["quota.five".into()],
            ..Score::default()
        }),
        explanation_json: r#"{"base":[{"parts":[{"item":"leadership.political.study","indicator":"activity.study.held"}]}]}"#
            .into(),
        facts: vec![fact],
        items: vec![item],
    };
    Summary {
        county: ("610323".into(), "岐山县".into()),
        now: "2026-02-28T02:05:00Z".parse().expect("an instant"),
        organizations: 600,
        branches: 500,
        members: 12_000,
        meetings: 20_000,
        stars: [1, 2, 3, 4, 5],
        by_domain: BTreeMap::from([(Domain::Rural, [1, 2, 3, 4, 5])]),
        five_star_named: 4,
        waiting_for_place: 1,
        blocked: 1,
        rectification_cases: 3,
        bookings: (170, 1),
        injected: vec![defect("oversized")],
        found: vec![defect("oversized")],
        explanations: vec![Explained {
            branch: "b".into(),
            name: "某支部".into(),
            domain: Domain::Rural,
            answer,
        }],
        ways: BTreeMap::new(),
        waiting: Vec::new(),
        unheard: BTreeSet::new(),
        in_cycle: 18,
        not_rated: BTreeMap::from([("FUNCTIONAL_BRANCH".into(), 1), ("NO_FULL_QUARTER".into(), 2)]),
        taken_up: None,
        stages: vec![("导入".into(), Duration::from_millis(1250))],
        api: "http://127.0.0.1:8080".into(),
        admins: vec![("zhibu".into(), ([127, 0, 0, 1], 9000).into())],
    }
}

#[test]
fn the_document_has_every_promised_name() {
    let summary = summary();
    let document = serde_json::to_value(Document::of(&summary)).expect("json");
    assert_eq!(
        document["county"],
        serde_json::json!({"code": "610323", "name": "岐山县"})
    );
    assert_eq!(
        document["stars"],
        serde_json::json!({"1": 1, "2": 2, "3": 3, "4": 4, "5": 5})
    );
    assert_eq!(
        document["bookings"],
        serde_json::json!({"confirmed": 170, "refused": 1})
    );
    assert_eq!(
        document["defects"]["found"],
        serde_json::json!([{"branch": "b", "kind": "oversized"}])
    );
    assert_eq!(document["defects"]["injected"], document["defects"]["found"]);
    assert_eq!(
        document["stages"],
        serde_json::json!([{"name": "导入", "seconds": 1.25}])
    );
    for name in [
        "organizations",
        "branches",
        "members",
        "meetings",
        "five_star_named",
        "blocked",
        "rectification_cases",
        "api",
    ] {
        assert!(!document[name].is_null(), "{name}");
    }
}

#[test]
fn an_explanation_has_facts_items_and_the_results_of_the_worked_cases() {
    let summary = summary();
    let document = serde_json::to_value(Document::of(&summary)).expect("json");
    let one = &document["explanations"][0];
    assert_eq!(
        (one["branch"].as_str(), one["domain"].as_str()),
        (Some("b"), Some("rural"))
    );
    let fact = serde_json::json!({
        "indicator": "activity.study.held", "numerator": 11, "denominator": 12,
        "applicable": true, "reason": "", "evidence": ["m1"],
    });
    assert_eq!(one["facts"][0], fact);
    assert_eq!(one["items"][0]["earned"], 3208);
    let names = [
        "base",
        "plus_raw",
        "plus",
        "minus",
        "scored",
        "review",
        "total_exact",
        "total",
        "star_threshold",
        "star_caps",
        "star_vetoes",
        "star",
        "rules",
        "waiting",
    ];
    for name in names {
        assert!(!one[name].is_null(), "{name}");
    }
    assert_eq!(one["rules"], serde_json::json!(["quota.five"]));
}

fn page(summary: &Summary) -> String {
    let example = crate::demo::summary::page::Example {
        token: "t".into(),
        url: "http://127.0.0.1:8080/x".into(),
        body: serde_json::json!({}),
    };
    let mut out = Vec::new();
    crate::demo::summary::page::write(&mut out, summary, Some(&example)).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn the_page_says_which_branches_have_no_star_what_time_it_is_and_where_health_and_reflection_are() {
    let text = page(&summary());
    let apart = "列入评定的支部 18 个，不参评 3 个：功能型党支部 1 个、年内成立不满一个完整季度的支部 2 个\n";
    assert!(text.contains(apart) && !text.contains("还没有星级"), "{text}");
    assert!(
        text.contains("gRPC 反射在管理端口，不在接口端口：zhibu 127.0.0.1:9000"),
        "{text}"
    );
    assert!(
        text.contains("\n业务时间 2026-02-28 10:05：提供服务期间随实际时间前进"),
        "{text}"
    );
    let all = Summary {
        not_rated: BTreeMap::new(),
        ..summary()
    };
    let text = page(&all);
    assert!(
        !text.contains("不参评") && text.contains("参评而还没有星级的 3 个"),
        "{text}"
    );
}

#[test]
fn where_nothing_goes_on_serving_no_call_is_offered() {
    let mut out = Vec::new();
    crate::demo::summary::page::write(&mut out, &summary(), None).expect("written");
    let text = String::from_utf8(out).expect("text");
    assert!(
        !text.contains("curl") && !text.contains("令牌") && text.contains("不继续提供服务"),
        "{text}"
    );
}

#[test]
fn what_waits_names_the_county_where_there_are_several() {
    let waits = |county: &str| Waits {
        county: county.into(),
        step: Waiting {
            state_zh: "整顿中".into(),
            step_zh: "提出销号".into(),
            who: "党委".into(),
            cases: 2,
        },
    };
    let told = |counties: &[&str]| {
        page(&Summary {
            waiting: counties.iter().copied().map(waits).collect(),
            ..summary()
        })
    };
    assert!(told(&["甲县"]).contains("\n整顿中：2 件，可办：\n  提出销号——党委\n"));
    let two = told(&["甲县", "乙县"]);
    assert!(
        two.contains("\n甲县  整顿中：2 件") && two.contains("\n乙县  整顿中：2 件"),
        "{two}"
    );
}

#[test]
fn times_of_a_run_that_was_taken_up_again_say_so() {
    let again = Summary {
        taken_up: Day::from_ymd_opt(2025, 7, 1),
        ..summary()
    };
    assert!(page(&again).contains("本次从 2025-07-01 接着走"));
    assert!(!page(&summary()).contains("接着走"));
}

#[test]
fn the_page_shows_an_item_with_its_numbers_and_evidence() {
    let text = page(&summary());
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with("理论学习"))
        .expect("the item");
    assert!(
        line.contains("3.208") && line.contains("3.500") && line.contains("11/12，依据 1 条"),
        "{line}"
    );
    assert!(text.contains("党员超过五十名"), "{text}");
    assert!(text.contains("查出的与预置的逐条相同") && text.contains("curl -s http://127.0.0.1:8080/x"));
}

#[test]
fn an_item_that_does_not_apply_and_counts_as_whole_stands_among_those_that_add_up() {
    let mut summary = summary();
    let answer = &mut summary.explanations[0].answer;
    answer.facts[0].applicable = false;
    answer.facts[0].reason = "NOTHING_DUE".into();
    assert!(page(&summary).contains("3.208    3.500  本年度没有应办事项，按满分计"));
    summary.explanations[0].answer.items[0].earned = 0;
    let text = page(&summary);
    assert!(
        text.contains("本年度没有应办事项：理论学习") && !text.contains("按满分计"),
        "{text}"
    );
}

#[test]
fn a_screening_that_finds_other_defects_than_were_put_in_fails_the_demo() {
    let right = summary();
    right.judge().expect("the same");
    let missed = Summary {
        found: Vec::new(),
        ..summary()
    };
    let told = missed.judge().expect_err("one was missed");
    assert!(told.to_string().contains("漏 1 条，多 0 条") && told.exit_code() != 0);
}

#[test]
fn a_meeting_counts_for_the_year_that_its_record_names() {
    let meeting = |held_on: &str, for_year| Meeting {
        content: Some(proto::activity::v1::MeetingContent {
            held_on: held_on.into(),
            for_year,
            ..Default::default()
        }),
        ..Meeting::default()
    };
    let counts = |held_on, for_year| counts_for(&meeting(held_on, for_year), 2025);
    assert!(counts("2025-12-31", 0) && counts("2026-01-10", 2025));
    assert!(!counts("2026-01-10", 0) && !counts("2025-01-10", 2024));
}

#[test]
fn work_of_a_keeper_that_did_not_answer_is_said_to_be_unknown() {
    use proto::gateway::v1::{Freshness, GetCountyPageResponse, Part};

    let part = |name: &str, freshness: Freshness, why: &str| Part {
        name: name.into(),
        freshness: freshness.into(),
        why: why.into(),
        ..Part::default()
    };
    let page = GetCountyPageResponse {
        parts: vec![
            part("member", Freshness::Missing, "不是待办"),
            part("rating.work", Freshness::Fresh, ""),
            part(
                "resource.work",
                Freshness::Missing,
                "服务暂时没有回应，请稍后刷新。",
            ),
        ],
        ..Default::default()
    };
    let told = |unheard| {
        let (mut out, summary) = (Vec::new(), Summary { unheard, ..summary() });
        crate::demo::summary::page::waiting(&mut out, &summary).expect("told");
        String::from_utf8(out).expect("text")
    };
    let half = told(crate::demo::summary::unheard_of(&page).collect());
    assert!(
        half.contains("待办不全  资源服务暂时没有回应") && !half.contains("没有待办事项"),
        "{half}"
    );
    assert!(told(BTreeSet::new()).contains("没有待办事项"));
}

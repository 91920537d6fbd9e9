//! Names, arguments, bounds, versions, codes, and what nobody uses.

use super::{finds, in_tables, mistakes, seeded};
use crate::definition::SHIPPED;

#[test]
fn a_name_that_leads_nowhere() {
    for (old, new, place) in [
        (
            "from = [\"checked\"]",
            "from = [\"checked\", \"nowhere\"]",
            "step publish from",
        ),
        ("to = \"listed\"", "to = \"nowhere\"", "step list to"),
        (
            "evidence = [\"self_checklist\"]",
            "evidence = [\"self_checklist\", \"nothing\"]",
            "step apply evidence",
        ),
        (
            "apart = [\"apply\", \"accept_check\"]",
            "apart = [\"apply\", \"accept_check\", \"nothing\"]",
            "step list apart",
        ),
        (
            "from = \"fact:last_exit_on\"",
            "from = \"fact:live_star\"",
            "step apply wait",
        ),
        (
            "n = \"$demo_recheck_years\"",
            "n = \"$nothing\"",
            "step recheck_pass due",
        ),
        (
            "from = [\"list\", \"recheck_pass\", \"restore\"]",
            "from = [\"list\", \"nothing\"]",
            "step recheck_pass due",
        ),
        (
            "move = \"exit_proposed\"",
            "move = \"nowhere\"",
            "step restore due",
        ),
        (
            "who = [\"secretary@own\"]\nevidence = [\"self_checklist\"]",
            "who = [\"secretary@target.own\"]\nevidence = [\"self_checklist\"]",
            "step apply who",
        ),
        (
            "upheld_to = \"warned\"",
            "upheld_to = \"nowhere\"",
            "objection standing upheld_to",
        ),
        (
            "blocks = []",
            "blocks = [\"nothing\"]",
            "objection standing blocks",
        ),
    ] {
        let named = format!("UNKNOWN_NAME: demo_site 2022, {place}");
        assert!(mistakes(&seeded("demo_site", old, new)).contains(&named), "{new}");
    }
    let rule = seeded("dues_relief", "rule = \"branch_body\"", "rule = \"nothing\"");
    assert!(mistakes(&rule).contains(&"UNKNOWN_NAME: dues_relief 2008, step decide vote".to_owned()));
    let variant = seeded(
        "resource_admission",
        "for = [\"trainer\", \"course\"]",
        "for = [\"trainer\", \"course\", \"nothing\"]",
    );
    finds(
        &variant,
        &["UNKNOWN_NAME: resource_admission 2022, step trial for"],
    );
    let anchor = seeded("transfer", "rebase = \"target\"", "rebase = \"side\"");
    finds(&anchor, &["UNKNOWN_NAME: transfer 2019, step receive rebase"]);
}

#[test]
fn an_owner_that_is_no_service() {
    let keeper = seeded("demo_site", "owner = \"rating\"", "owner = \"scores\"");
    finds(
        &keeper,
        &[
            "UNKNOWN_NAME: demo_site 2022, owner",
            "EVENT_NOT_OWN: demo_site 2022, owner",
        ],
    );
    let fact = in_tables(
        "type = \"flag\", owner = \"rating\", reason = \"QUOTA_FULL\"",
        "type = \"flag\", owner = \"scores\", reason = \"QUOTA_FULL\"",
    );
    finds(&fact, &["UNKNOWN_NAME: fact within_quota"]);
}

#[test]
fn a_predicate_that_the_engine_does_not_know() {
    let used = seeded(
        "demo_site",
        "{ p = \"holds\", item = \"programme_approved\" }",
        "{ p = \"seems\", item = \"programme_approved\" }",
    );
    assert!(mistakes(&used).contains(&"UNKNOWN_PREDICATE: demo_site 2022, step apply when".to_owned()));
    let declared = in_tables(
        "[predicate]\n",
        "[predicate]\nseems = { params = { item = \"item\" }, owner = \"kernel\", reason = \"CONDITION_NOT_MET\", means = \"好像\" }\n",
    );
    assert!(mistakes(&declared).contains(&"UNKNOWN_PREDICATE: predicate seems".to_owned()));
}

#[test]
fn arguments_that_the_predicate_does_not_take() {
    let condition = "{ p = \"at_least\", item = \"live_star\", n = \"$demo_star_min\" }";
    for wrong in [
        "{ p = \"at_least\", item = \"live_star\" }",
        "{ p = \"at_least\", item = \"live_star\", n = \"$demo_star_min\", more = 1 }",
        "{ p = \"at_least\", item = \"live_star\", n = true }",
        "{ p = \"at_least\", item = \"live_star\", n = \"$nothing\" }",
        "{ p = \"at_least\", item = \"nothing\", n = \"$demo_star_min\" }",
        "{ p = \"at_least\", item = \"last_exit_on\", n = \"$demo_star_min\" }",
        "{ p = \"listed\", item = \"trigger_event\", list = \"nothing\" }",
        "{ p = \"never_did\", step = \"nothing\" }",
        "{ p = \"no_open_case\", procedure = \"nothing\" }",
        "{ p = \"equals\", item = \"live_star\", value = \"@nothing\" }",
    ] {
        let named = "WRONG_ARGUMENTS: demo_site 2022, step apply when".to_owned();
        assert!(
            mistakes(&seeded("demo_site", condition, wrong)).contains(&named),
            "{wrong}"
        );
    }
    let table = in_tables(
        "at_least = { params = { item = \"item\", n = \"int\" }",
        "at_least = { params = { item = \"item\", least = \"int\" }",
    );
    assert!(mistakes(&table).contains(&"WRONG_ARGUMENTS: predicate at_least".to_owned()));
}

#[test]
fn a_parameter_outside_its_bounds() {
    for (old, new) in [
        ("default = 5, min = 5, max = 15", "default = 4, min = 5, max = 15"),
        (
            "default = 5, min = 5, max = 15",
            "default = 16, min = 5, max = 15",
        ),
        ("default = 5, min = 5, max = 15", "default = 5, min = 15, max = 5"),
    ] {
        finds(
            &in_tables(old, new),
            &["PARAMETER_OUT_OF_BOUNDS: param publicity_days"],
        );
    }
    let code = in_tables("default = \"entitled\"", "default = \"somebody\"");
    finds(&code, &["PARAMETER_OUT_OF_BOUNDS: param election_majority_base"]);
}

#[test]
fn versions_that_overlap_or_leave_a_gap() {
    let to = |new: &str| seeded("development", "effective_to = 2026-05-11\n", new);
    finds(
        &to("effective_to = 2026-05-12\n"),
        &["VERSIONS_OVERLAP: development 2026.05, effective_from"],
    );
    finds(
        &to(""),
        &["VERSIONS_OVERLAP: development 2026.05, effective_from"],
    );
    finds(
        &to("effective_to = 2026-05-10\n"),
        &["VERSION_GAP: development 2026.05, effective_from"],
    );
    let never = seeded(
        "dues_relief",
        "effective_from = 2008-04-01",
        "effective_from = 2008-04-01\neffective_to = 2008-04-01",
    );
    finds(&never, &["VERSION_GAP: dues_relief 2008, effective_to"]);
}

/// A procedure of two versions, in which the state `asked` was renamed to `wished`.
fn renamed(map: &str) -> String {
    let version = |version: &str, dates: &str, state: &str, map: &str| {
        format!(
            "[[procedure]]\nid = \"small\"\nversion = \"{version}\"\nname_zh = \"小规程\"\n{dates}\nsubject = \"matter\"\n\
             owner = \"rating\"\n{map}[procedure.states]\n{state} = {{ name_zh = \"已提出\", open_ended = \"无期限\" }}\n\
             granted = {{ name_zh = \"已同意\", end = \"done\" }}\n[procedure.step.ask]\nname_zh = \"提出\"\nfrom = [\"@new\"]\n\
             to = \"{state}\"\nwho = [\"clerk@own\"]\n[procedure.step.grant]\nname_zh = \"同意\"\nfrom = [\"{state}\"]\n\
             to = \"granted\"\nwho = [\"clerk@superior\"]\n\n"
        )
    };
    let first = version(
        "1",
        "effective_from = 2020-01-01\neffective_to = 2021-01-01",
        "asked",
        "",
    );
    let second = version("2", "effective_from = 2021-01-01", "wished", map);
    format!("{SHIPPED}\n{first}{second}")
}

#[test]
fn a_state_that_the_next_version_does_not_know() {
    finds(&renamed("[procedure.map]\nasked = \"wished\"\n"), &[]);
    finds(&renamed(""), &["STATE_UNMAPPED: small 2, map"]);
    finds(
        &renamed("[procedure.map]\nasked = \"nowhere\"\n"),
        &["STATE_UNMAPPED: small 2, map"],
    );
}

#[test]
fn a_code_without_chinese_text() {
    finds(
        &in_tables("LAPSE_UNDECIDED = \"超期审批未作处理\"\n", ""),
        &["CODE_WITHOUT_TEXT: code LAPSE_UNDECIDED"; 2],
    );
    finds(
        &in_tables("QUORUM_NOT_MET = \"到会人数不足\"\n", ""),
        &["CODE_WITHOUT_TEXT: code QUORUM_NOT_MET"],
    );
    finds(
        &in_tables("COOLING_OFF = \"冷静期未满\"", "COOLING_OFF = \"cooling off\""),
        &["CODE_WITHOUT_TEXT: code COOLING_OFF"; 2],
    );
}

#[test]
fn anything_that_nothing_uses() {
    for (table, entry) in [
        (
            "param",
            "idle = { name_zh = \"无用\", unit = \"days\", default = 1, min = 1, max = 2, set_by = \"county\" }",
        ),
        ("list.idle", "one = \"一\""),
        (
            "fact",
            "idle = { name_zh = \"无用\", type = \"flag\", owner = \"member\", reason = \"COOLING_OFF\" }",
        ),
        ("evidence", "idle = { name_zh = \"无用\", type = \"doc\" }"),
        ("code", "idle = \"无用\""),
    ] {
        let (table, key) = table.split_once('.').unwrap_or((table, "idle"));
        let text = match key == "idle" && table == "list" {
            true => in_tables(
                "[list.transfer_rejection]",
                &format!("[list.idle]\n{entry}\n[list.transfer_rejection]"),
            ),
            false => in_tables(&format!("[{table}]\n"), &format!("[{table}]\n{entry}\n")),
        };
        finds(&text, &[format!("UNUSED: {table} idle").as_str()]);
    }
    let anchor = seeded(
        "transfer",
        "anchors = [\"target\"]",
        "anchors = [\"target\", \"side\"]",
    );
    finds(&anchor, &["UNUSED: transfer 2019, anchors"]);
    let field = in_tables("\"contact\"]\n", "\"contact\", \"idle\"]\n");
    finds(&field, &["UNUSED: public fields"]);
    let map = seeded(
        "dues_relief",
        "[procedure.states]",
        "[procedure.map]\nold = \"applied\"\n[procedure.states]",
    );
    finds(&map, &["UNUSED: dues_relief 2008, map"]);
    let more = seeded(
        "org_change",
        "[procedure.step.file.more.found]",
        "[procedure.step.ask_consent.more.found]\nevidence = [\"change_note\"]\n[procedure.step.file.more.found]",
    );
    finds(&more, &["UNUSED: org_change 2018, step ask_consent more found"]);
}

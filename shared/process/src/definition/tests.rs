//! What reading definitions promises.

use kernel::Day;

use super::{Definitions, SHIPPED};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[test]
fn twenty_one_procedures_are_shipped_in_twenty_two_versions() {
    let shipped = Definitions::shipped();
    assert_eq!(shipped.procedures().len(), 22);
    let ids: std::collections::BTreeSet<&str> = shipped.procedures().map(|p| p.id.as_str()).collect();
    assert_eq!(ids.len(), 21);
}

#[test]
fn a_version_is_filled_in_from_its_base_and_new_states_stand_where_they_were_written() {
    let new = Definitions::shipped().version("development", "2026.05").unwrap();
    assert_eq!(new.owner, "member");
    assert_eq!(
        new.steps.len(),
        Definitions::shipped()
            .version("development", "2014")
            .unwrap()
            .steps
            .len()
            + 1
    );
    let at = |id: &str| new.states.iter().position(|state| state.id == id).unwrap();
    assert_eq!(at("candidate_public"), at("candidate_decided") + 1);
    assert_eq!(new.step("oath").unwrap().due.len(), 1);
    assert!(new.objection("candidate").is_some());
}

#[test]
fn the_day_picks_the_version() {
    let shipped = Definitions::shipped();
    let version = |on: &str| {
        shipped
            .in_force("development", day(on))
            .map(|p| p.version.as_str())
    };
    assert_eq!(version("2014-05-27"), None);
    assert_eq!(version("2026-05-10"), Some("2014"));
    assert_eq!(version("2026-05-11"), Some("2026.05"));
}

#[test]
fn the_hash_follows_the_meaning_and_not_the_writing() {
    let shipped = Definitions::shipped();
    let stars =
        |definitions: &Definitions| definitions.hash(definitions.version("star_rating", "2022").unwrap());
    let commented = Definitions::read(&format!("# another comment\n{SHIPPED}")).unwrap();
    assert_eq!(stars(&commented), stars(shipped));
    let other_list =
        Definitions::read(&SHIPPED.replace("party_school = \"党校教师\"", "party_school = \"教师\""))
            .unwrap();
    assert_eq!(stars(&other_list), stars(shipped), "a list that it does not use");
    let other_days = SHIPPED.replace(
        "default = 5, min = 5, max = 15, set_by = \"county\", norms = [\"S-309\"]",
        "default = 6, min = 5, max = 15, set_by = \"county\", norms = [\"S-309\"]",
    );
    assert_ne!(
        stars(&Definitions::read(&other_days).unwrap()),
        stars(shipped),
        "a parameter that it uses"
    );
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let unknown = SHIPPED.replacen("exclusive = \"org_change\"", "exclusiv = \"org_change\"", 1);
    let broken = Definitions::read(&unknown).unwrap_err();
    let line = unknown
        .lines()
        .position(|line| line.starts_with("exclusiv "))
        .unwrap()
        + 1;
    assert_eq!(broken.place.line, Some(line), "{broken}");
    assert!(broken.to_string().contains("exclusiv"), "{broken}");

    let who = SHIPPED.replacen("[\"clerk@own\", \"clerk@superior\"]", "[\"boss@own\"]", 1);
    let broken = Definitions::read(&who).unwrap_err();
    assert_eq!(
        broken.place.line,
        who.lines()
            .position(|line| line.contains("boss@own"))
            .map(|at| at + 1)
    );
    assert!(broken.to_string().contains("boss@own"), "{broken}");

    let cut = &SHIPPED[..SHIPPED.find("[procedure.states]").unwrap() + 8];
    assert!(Definitions::read(cut).unwrap_err().place.line.is_some());
}

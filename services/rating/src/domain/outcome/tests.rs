use kernel::Milli;

use super::*;

fn results(star: u8) -> Results {
    let zero = Milli(0);
    Results {
        base: zero,
        plus_raw: zero,
        plus: zero,
        minus: zero,
        scored: zero,
        review: zero,
        total_exact: 0,
        total: zero,
        star_threshold: star,
        star_caps: star,
        star_vetoes: star,
        star,
        rules: vec![],
        waiting: 0,
        five_star_standard: star == 5,
        opens_rectification: false,
    }
}

fn waiting() -> Outcome {
    Outcome::new(
        CycleId::new(),
        OrganizationId::new(),
        OrganizationId::new(),
        Ok(Domain::Rural),
    )
}

fn evaluated(star: u8) -> Outcome {
    waiting()
        .prefilled(results(0), "sm3:base".into())
        .evaluated(results(star), "sm3:full".into())
}

fn taken(step: &str, state: &str, star: u8) -> Taken {
    let proposed_star = (star > 0).then_some(star);
    Taken {
        case: CaseId::new(),
        state: state.into(),
        step: step.into(),
        proposed_star,
        objections: 0,
    }
}

#[test]
fn the_committee_may_propose_what_the_rules_allow_or_less_on_the_explanation_that_stands() {
    let branch = evaluated(4);
    assert!(
        branch.star_fits(4, "sm3:full") && branch.star_fits(1, "sm3:full"),
        "S-307"
    );
    assert!(!branch.star_fits(5, "sm3:full"), "above caps and vetoes");
    assert!(!branch.star_fits(0, "sm3:full"));
    assert!(!branch.star_fits(4, "sm3:base"), "X11: another explanation");
    assert!(
        !waiting()
            .prefilled(results(4), "sm3:base".into())
            .star_fits(4, "sm3:base"),
        "not evaluated"
    );
}

#[test]
fn new_marks_void_an_evaluation_and_the_same_evaluation_changes_nothing() {
    let branch = evaluated(4);
    assert_eq!(branch.clone().evaluated(results(4), "sm3:full".into()), branch);
    let marked = branch.clone().marked();
    assert_eq!(
        (marked.stage, marked.explanation_hash.as_str()),
        (Stage::Base, "sm3:base")
    );
    assert_eq!(marked.evaluation(), None);
    assert_eq!(marked.version, branch.version + 1);
}

#[test]
fn a_resolution_stands_until_the_case_goes_back() {
    let resolved = evaluated(4).after(&taken("resolve", "resolved", 4));
    assert!(resolved.resolved && resolved.is_debriefed());
    assert_eq!((resolved.proposed_star, resolved.star_decided), (4, 0));
    let decided = resolved.after(&taken("decide", "decided", 4));
    assert_eq!(decided.star_decided, 4, "S-309");
    assert!(decided.is_nameable());
    let back = decided.after(&taken("", "debriefed", 4));
    assert_eq!(
        (back.resolved, back.proposed_star, back.star_decided),
        (false, 0, 0),
        "an objection was upheld"
    );
}

#[test]
fn two_stars_and_fewer_go_into_rectification_and_so_does_a_veto() {
    let named = |star| evaluated(star).after(&taken("name_local", "named", star));
    assert_eq!(named(2).rectification(), Some(Cause::Star(2)), "S-315");
    assert_eq!(named(3).rectification(), None);
    assert_eq!(evaluated(2).rectification(), None, "not before it is named");
    let mut vetoed = named(3);
    vetoed.results = Some(Results {
        opens_rectification: true,
        ..results(3)
    });
    assert_eq!(vetoed.rectification(), Some(Cause::Veto));
}

#[test]
fn who_waits_moves_up_when_somebody_before_gives_way() {
    let pool = quota::Pool {
        domains: vec![Domain::Rural],
        rated: 4,
        places: 1,
    };
    let at = |place| {
        let standing = quota::Standing {
            rule: "quota".into(),
            pool: pool.clone(),
            population: String::new(),
            place,
        };
        evaluated(5).placed(Some(standing), results(5), "sm3:placed".into())
    };
    let first = at(1);
    let second = at(2);
    assert!(first.is_within_quota(&[]) && !second.is_within_quota(std::slice::from_ref(&first)));
    let less = first.clone().after(&taken("resolve", "resolved", 4));
    assert!(second.is_within_quota(&[less]), "S-312: proposed for four");
    let returned = first.after(&taken("county_return", "returned", 5));
    assert!(
        second.is_within_quota(&[returned]),
        "S-312: sent back by the county"
    );
    assert!(!evaluated(5).is_within_quota(&[]), "no quota ran");
}

#[test]
fn an_excluded_branch_no_longer_counts_in_its_pool() {
    let excluded = evaluated(3).after(&taken("exclude", "not_rated", 0));
    assert!(!excluded.is_rated());
}

#[test]
fn every_stage_is_read_from_its_word() {
    for stage in [Stage::Waiting, Stage::Base, Stage::Evaluated] {
        assert_eq!(Stage::from_code(stage.code()), Some(stage));
    }
}

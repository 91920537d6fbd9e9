//! What a chart promises.

use super::draw;
use crate::{
    definition::Definitions,
    engine::{Case, Entry, Opening, What},
};

#[test]
fn every_variant_has_its_chart_and_the_same_bytes_each_time() {
    let definitions = Definitions::shipped();
    for procedure in definitions.procedures() {
        for variant in procedure.kinds() {
            let svg = draw(definitions, procedure, variant, None);
            assert_eq!(svg, draw(definitions, procedure, variant, None));
            for step in procedure.steps_of(variant) {
                assert!(
                    svg.contains(&step.name_zh),
                    "{}: {}",
                    procedure.title(),
                    step.name_zh
                );
            }
        }
    }
}

#[test]
fn no_box_stands_on_another() {
    let definitions = Definitions::shipped();
    for procedure in definitions.procedures() {
        for variant in procedure.kinds() {
            let boxes = super::Layout::of(procedure, variant, &super::ways::of(procedure, variant)).boxes;
            for (at, one) in boxes.iter().enumerate() {
                for other in &boxes[at + 1..] {
                    let apart = one.x + one.width <= other.x
                        || other.x + other.width <= one.x
                        || one.y + one.height <= other.y
                        || other.y + other.height <= one.y;
                    assert!(apart, "{}: {} and {}", procedure.title(), one.id, other.id);
                }
            }
        }
    }
}

#[test]
fn a_case_is_shown_where_it_stands_and_how_it_came_there() {
    let definitions = Definitions::shipped();
    let procedure = definitions.version("star_rating", "2022").expect("shipped");
    let organization = kernel::id::OrganizationId::new();
    let opening = Opening {
        procedure: "star_rating".into(),
        variant: None,
        subject: organization.into(),
        organization,
        person: None,
        target: None,
        sides: Vec::new(),
    };
    let entry = |seq: u32, step: &str, state: &str| Entry {
        seq,
        revision: seq + 1,
        on: "2026-01-16".parse().expect("a day"),
        person: None,
        right: None,
        version: "2022".into(),
        state: state.into(),
        since: seq,
        organization,
        voided: Vec::new(),
        request: None,
        what: What::Step {
            step: step.into(),
            evidence: Default::default(),
            vote: None,
            outcome: crate::engine::Outcome::Done,
            binds: Default::default(),
            warnings: Vec::new(),
            emits: Vec::new(),
        },
    };
    let case = Case::fold(
        opening,
        [
            entry(0, "open", "self_assessing"),
            entry(1, "submit", "submitted"),
        ],
    );
    let plain = draw(definitions, procedure, None, None);
    let shown = draw(definitions, procedure, None, Some(&case));
    assert_eq!(
        (
            plain.matches("class=\"here\"").count(),
            plain.matches("class=\"w t\"").count()
        ),
        (0, 0)
    );
    assert_eq!(
        (
            shown.matches("class=\"here\"").count(),
            shown.matches("class=\"w t\"").count()
        ),
        (1, 2)
    );
}

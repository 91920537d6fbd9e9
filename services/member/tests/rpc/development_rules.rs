//! The steps that a branch owes are those of the procedure `development`, version by version (X6).

use member::domain::development::in_force;
use process::{
    Definitions,
    definition::{schema::Unit, words::Number},
};

#[test]
fn deadlines_are_those_of_the_procedure_in_each_of_its_versions() {
    for (version, day) in [("2014", "2026-05-10"), ("2026.05", "2026-05-11")] {
        let rules = in_force(day.parse().expect("day")).expect("rules");
        let procedure = Definitions::shipped()
            .version("development", version)
            .expect("a procedure");
        assert_eq!((rules.version, rules.from), (version, procedure.effective_from));
        for owed in rules.steps {
            let step = procedure.step(owed.step).expect("a step");
            let due = step.due.first().expect("a deadline");
            let months = match &due.n {
                Number::Fixed(months) => *months,
                Number::Parameter { name, .. } => {
                    assert_eq!(name, "full_assembly_months", "{}", owed.step);
                    1
                }
            };
            assert_eq!(
                (step.no, due.unit, months),
                (Some(owed.no), Unit::Months, owed.months.into()),
                "{}",
                owed.step
            );
        }
        for step in ["assembly_admit", "oath"] {
            let owed = rules.steps.iter().any(|owed| owed.step == step);
            let due = !procedure.step(step).expect("a step").due.is_empty();
            assert_eq!(owed, due, "{version} {step}");
        }
    }
}

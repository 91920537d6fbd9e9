//! Between the contract and the domain.

pub mod meeting;
pub mod owed;
pub mod record;

use proto::kernel::v1::{ExternalId, ImportResult};

use crate::{domain::duty::Duty, store::external_ids::Key};

/// The contract's number of a duty: it lists them in the same order, after 0 for none.
#[must_use]
pub fn duty_number(duty: Duty) -> i32 {
    let at = Duty::ALL.iter().position(|one| *one == duty);
    at.and_then(|at| i32::try_from(at + 1).ok()).unwrap_or_default()
}

/// The duty of a number; `None` for unspecified and unknown ones.
#[must_use]
pub fn duty(number: i32) -> Option<Duty> {
    let at = usize::try_from(number).ok()?.checked_sub(1)?;
    Duty::ALL.get(at).copied()
}

/// A record's id in another system.
#[must_use]
pub fn key(id: Option<&ExternalId>, kind: &'static str) -> Option<Key> {
    id.map(|id| Key {
        system: id.system.clone(),
        kind,
        value: id.value.clone(),
    })
}

/// A count as the contract writes it.
#[must_use]
pub fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// An empty answer to an import.
#[must_use]
pub fn result(dry_run: bool) -> ImportResult {
    ImportResult {
        dry_run,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use proto::activity::v1 as wire;

    use super::*;

    #[test]
    fn the_contract_and_the_domain_list_the_same_duties_under_the_same_names() {
        for known in Duty::ALL {
            let name = format!("DUTY_{}", known.code().to_uppercase());
            let listed = wire::Duty::try_from(duty_number(*known)).expect("in the contract");
            assert_eq!(listed.as_str_name(), name);
            assert_eq!(duty(duty_number(*known)), Some(*known));
        }
        assert_eq!((duty(0), duty(-1), duty(11)), (None, None, None));
        assert!(
            wire::Duty::try_from(11).is_err(),
            "a duty more in the contract than in the domain"
        );
    }
}

//! Ids that come out the same in every run on the same file and seed, so that a call that was answered once is
//! answered again from its stored key and nothing is loaded twice.

use uuid::Uuid;

/// Makes the ids of one run: of the same county and seed always the same.
#[derive(Debug, Clone)]
pub struct Ids {
    origin: String,
}

impl Ids {
    /// The ids of a county or city (by its administrative code) and a seed.
    #[must_use]
    pub fn new(code: &str, seed: u64) -> Self {
        Self {
            origin: format!("zhibu demo/{code}/{seed}"),
        }
    }

    /// The id of an import, or of the `number`th request of a stage.
    #[must_use]
    pub fn of(&self, stage: &str, number: impl std::fmt::Display) -> String {
        named(&format!("{}/{stage}/{number}", self.origin))
    }

    /// The id of a person whom no member service knows: staff and experts who are no members here.
    #[must_use]
    pub fn person(&self, external_id: &str) -> String {
        self.of("person", external_id)
    }
}

/// A UUID of version 8: the first 16 bytes of the text's SM3.
fn named(text: &str) -> String {
    let hash = seal::sm3(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes)
        .into_uuid()
        .hyphenated()
        .to_string()
}

/// Whether a text is a UUID as the contract's field rules want it.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_stage_and_number_give_the_same_uuid() {
        let (one, again, other) = (
            Ids::new("610323", 1),
            Ids::new("610323", 1),
            Ids::new("610323", 2),
        );
        assert_eq!(one.of("members", 3), again.of("members", 3));
        assert_ne!(one.of("members", 3), other.of("members", 3));
        assert_ne!(one.of("members", 3), one.of("members", 4));
        assert_ne!(one.of("members", 3), one.of("posts", 3));
        assert!(is_uuid(&one.of("members", 3)) && !is_uuid("610323"));
    }

    #[test]
    fn an_id_never_changes_between_releases() {
        let id = Ids::new("610323", 1).of("members@2025-01-01", 0);
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "8", "version 8");
    }
}

//! SM3 digests with a purpose, so that bytes of one kind never pass for another.

use sm3::{Digest, Sm3};

/// SM3 over the purpose and the parts, each preceded by its length.
#[must_use]
pub(crate) fn sm3(purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sm3::new();
    for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// [`sm3`] as text: `sm3:` and 64 hex digits.
#[must_use]
pub(crate) fn digest(purpose: &str, parts: &[&[u8]]) -> String {
    format!("sm3:{}", hex::encode(sm3(purpose, parts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sm3_and_parts_do_not_run_together() {
        let known = hex::encode(Sm3::digest(b"abc"));
        assert_eq!(
            known,
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_ne!(sm3("p", &[b"ab", b"c"]), sm3("p", &[b"a", b"bc"]));
        assert_ne!(sm3("p", &[b"ab"]), sm3("q", &[b"ab"]));
    }
}

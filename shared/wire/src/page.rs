//! Page tokens: opaque, tamper-evident, good only for the same question.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use kernel::{Kind, Refusal};
use seal::Keyring;

const TAG: usize = 16;

/// Makes and opens page tokens.
#[derive(Clone)]
pub struct Pages {
    keys: Arc<Keyring>,
}

impl Pages {
    /// Tokens under the suite's token key.
    #[must_use]
    pub fn new(keys: Arc<Keyring>) -> Self {
        Self { keys }
    }

    /// A token that stands behind `last`, the key of the last row given, for the question `asked` (the RPC and
    /// everything in the request but the page itself).
    #[must_use]
    pub fn token(&self, asked: &str, last: &[u8]) -> String {
        let mut bytes = self.tag(asked, last).to_vec();
        bytes.extend_from_slice(last);
        BASE64.encode(bytes)
    }

    /// The key behind which to go on; `None` for the first page.
    /// Refuses with `PAGE_TOKEN_INVALID` what was not made here, or for another question.
    pub fn open(&self, asked: &str, token: &str) -> Result<Option<Vec<u8>>, Refusal> {
        if token.is_empty() {
            return Ok(None);
        }
        let invalid = || {
            Refusal::new(
                Kind::Invalid,
                "PAGE_TOKEN_INVALID",
                "翻页标记无效，请从第一页重新查询。",
            )
        };
        let bytes = BASE64.decode(token).map_err(|_| invalid())?;
        let (tag, last) = bytes.split_at_checked(TAG).ok_or_else(invalid)?;
        if tag != self.tag(asked, last) {
            Err(invalid())
        } else {
            Ok(Some(last.to_vec()))
        }
    }

    fn tag(&self, asked: &str, last: &[u8]) -> [u8; TAG] {
        let mut bytes = asked.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(last);
        let whole = self.keys.token_mac(&bytes);
        std::array::from_fn(|k| whole[k])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_for_its_own_question_only_and_no_byte_may_change() {
        let folder = tempfile::tempdir().expect("folder");
        Keyring::create(folder.path()).expect("keys");
        let pages = Pages::new(Arc::new(Keyring::load(folder.path()).expect("keyring")));
        let token = pages.token("List a", b"key");
        assert_eq!(pages.open("List a", &token).expect("open"), Some(b"key".to_vec()));
        assert!(pages.open("List b", &token).is_err());
        assert_eq!(pages.open("List a", "").expect("first"), None);
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            assert!(
                pages
                    .open("List a", &String::from_utf8(forged).expect("text"))
                    .is_err(),
                "{at}"
            );
        }
    }
}

//! SM3 and HMAC-SM3.

use hmac::{Hmac, KeyInit, Mac};
use sm3::Digest;

/// The SM3 hash of the bytes (GB/T 32905).
#[must_use]
pub fn sm3(bytes: &[u8]) -> [u8; 32] {
    sm3::Sm3::digest(bytes).into()
}

/// SM3 over bytes that come in parts.
#[derive(Clone, Default)]
pub struct Sm3(sm3::Sm3);

impl Sm3 {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next part. Where the parts end does not matter to the hash.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The hash of all parts.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// HMAC-SM3 of the bytes under a key of the caller's own; keys of the suite stay in the
/// [`Keyring`](crate::Keyring).
#[must_use]
pub fn hmac_sm3(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    MacKey::new(key).mac(&[bytes])
}

/// An HMAC-SM3 key, ready to use; wiped when dropped.
pub(crate) struct MacKey(Hmac<sm3::Sm3>);

impl MacKey {
    pub(crate) fn new(key: &[u8]) -> Self {
        // HMAC takes keys of any length: the error cannot happen.
        Self(Hmac::new_from_slice(key).unwrap_or_else(|e| unreachable!("HMAC key: {e}")))
    }

    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.over(parts).verify_slice(mac).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<sm3::Sm3> {
        let mut hmac = self.0.clone();
        for part in parts {
            hmac.update(part);
        }
        hmac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex32(text: &str) -> [u8; 32] {
        hex::decode(text).unwrap().try_into().unwrap()
    }

    #[test]
    fn sm3_gives_the_standards_answers() {
        let abc = hex32("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert_eq!(sm3(b"abc"), abc);
        let sixteen_times_abcd = hex32("debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
        assert_eq!(sm3(&b"abcd".repeat(16)), sixteen_times_abcd);
    }

    #[test]
    fn sm3_in_parts_is_sm3_of_the_whole() {
        let whole: Vec<u8> = (0..=255).collect();
        for cut in 0..whole.len() {
            let mut hash = Sm3::new();
            hash.update(&whole[..cut]);
            hash.update(&whole[cut..]);
            assert_eq!(hash.finish(), sm3(&whole), "cut at {cut}");
        }
    }

    #[test]
    fn hmac_sm3_gives_the_published_answers() {
        let counting: Vec<u8> = (1..=32).collect();
        let alphabet = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2);
        for (key, text, mac) in [
            (
                &counting[..],
                &alphabet[..],
                "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882",
            ),
        ] {
            assert_eq!(hmac_sm3(key, text), hex32(mac));
        }
    }

    #[test]
    fn a_mac_matches_only_itself() {
        let key = MacKey::new(b"key");
        let mac = key.mac(&[b"a", b"b"]);
        assert!(key.matches(&[b"ab"], &mac));
        assert!(!key.matches(&[b"ab"], &mac[..31]));
        assert!(!MacKey::new(b"other").matches(&[b"ab"], &mac));
        for at in 0..mac.len() {
            let mut changed = mac;
            changed[at] ^= 1;
            assert!(!key.matches(&[b"ab"], &changed), "byte {at}");
        }
    }
}

//! The keys of one process and everything that is done with them.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::Path,
};

use zeroize::Zeroizing;

use crate::{
    error::SealError,
    field::{self, FieldKey, Place},
    folder::{self, Folder},
    hash::MacKey,
    signature::{Signing, Verifying},
};

/// Who signs in the suite: [`Keyring::create`] makes a pair of keys for each. `zhibu` is the operator's program.
pub const ISSUERS: [&str; 7] = [
    "organization",
    "member",
    "activity",
    "rating",
    "resource",
    "gateway",
    "zhibu",
];

const INDEX: &str = "index.key";
const AUDIT: &str = "audit.key";
const TOKEN: &str = "token.key";
const SM4_KEY: &str = "a field key: 32 hexadecimal digits, and a name field-1.key to field-65535.key";
const MAC_KEY: &str = "64 hexadecimal digits";
const PRIVATE_KEY: &str = "an SM2 private key (PKCS #8, PEM)";
const PUBLIC_KEY: &str = "an SM2 public key (PEM)";

/// All keys that a process holds, from a key folder:
///
/// | file | key |
/// |---|---|
/// | `field-N.key` | SM4 key number N for sealed fields; the highest seals, all open |
/// | `index.key`, `audit.key`, `token.key` | HMAC-SM3: blind index, audit chain, page tokens and etags |
/// | `sign-ISSUER.pem` | SM2 private key of the issuer |
/// | `verify-ISSUER.pem` | SM2 public key of the issuer |
///
/// The three HMAC keys must be there; a process needs the other ones only for what it does. Keys are wiped
/// when the ring is dropped, and its `Debug` shows their names alone.
pub struct Keyring {
    fields: BTreeMap<u16, FieldKey>,
    index: MacKey,
    audit: MacKey,
    token: MacKey,
    signing: HashMap<String, Signing>,
    verifying: HashMap<String, Verifying>,
}

impl Keyring {
    /// Makes a full set of new keys in `folder` (0700, files 0400) and says `true`; says `false` and changes
    /// nothing when the folder has anything in it. All files appear at once, also when the process is killed.
    ///
    /// For trying the suite out and for tests: in production the keys come from their custodian, and whoever
    /// calls this tells the operator that it made new ones.
    pub fn create(folder: &Path) -> Result<bool, SealError> {
        let mut files = vec![("field-1.key".to_owned(), random::<16>()?)];
        for name in [INDEX, AUDIT, TOKEN] {
            files.push((name.to_owned(), random::<32>()?));
        }
        for issuer in ISSUERS {
            let (private, public) = Signing::generate()?
                .to_pem()
                .ok_or_else(|| SealError::KeyMissing(format!("sign-{issuer}.pem")))?;
            files.push((format!("sign-{issuer}.pem"), private));
            files.push((format!("verify-{issuer}.pem"), Zeroizing::new(public)));
        }
        folder::put(folder, &files)
    }

    /// The keys in `folder`. Fails, naming the file, when the folder or a key cannot be read, lies open to
    /// others, is malformed, or an HMAC key is missing.
    pub fn load(folder: &Path) -> Result<Self, SealError> {
        let folder = Folder::at(folder);
        let names = folder.names()?;
        let mac = |name| folder.bytes::<32>(name, MAC_KEY).map(|key| MacKey::new(&*key));
        let mut ring = Self {
            fields: BTreeMap::new(),
            index: mac(INDEX)?,
            audit: mac(AUDIT)?,
            token: mac(TOKEN)?,
            signing: HashMap::new(),
            verifying: HashMap::new(),
        };
        for name in &names {
            ring.take(&folder, name)?;
        }
        Ok(ring)
    }

    fn take(&mut self, folder: &Folder, name: &str) -> Result<(), SealError> {
        if let Some(id) = between(name, "field-", ".key") {
            let id = id
                .parse()
                .ok()
                .filter(|&id| id > 0)
                .ok_or_else(|| folder.malformed(name, SM4_KEY))?;
            let key = folder.bytes::<16>(name, SM4_KEY)?;
            self.fields.insert(id, FieldKey::new(&key));
        } else if let Some(issuer) = between(name, "sign-", ".pem") {
            let key = Signing::from_pem(&folder.secret(name)?)
                .ok_or_else(|| folder.malformed(name, PRIVATE_KEY))?;
            self.signing.insert(issuer.to_owned(), key);
        } else if let Some(issuer) = between(name, "verify-", ".pem") {
            let key = Verifying::from_pem(&folder.public(name)?)
                .ok_or_else(|| folder.malformed(name, PUBLIC_KEY))?;
            self.verifying.insert(issuer.to_owned(), key);
        }
        Ok(())
    }

    /// Seals a sensitive field for the place where it will stand: table and column by their names in the
    /// database, the row by the bytes of its id. Sealing again gives other bytes: look up by
    /// [`blind_index`](Self::blind_index). 31 bytes longer than the plaintext.
    ///
    /// Fails with [`SealError::KeyMissing`] when the folder has no field key.
    pub fn seal_field(
        &self,
        table: &str,
        column: &str,
        row: &[u8],
        plaintext: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let (&id, key) = self
            .fields
            .last_key_value()
            .ok_or_else(|| SealError::KeyMissing("field-1.key".into()))?;
        key.seal(id, &Place { table, column, row }, plaintext)
    }

    /// Opens what [`seal_field`](Self::seal_field) sealed for the same place.
    ///
    /// Fails with [`SealError::Tampered`] when a byte was changed or the field comes from another table, column
    /// or row, with [`SealError::KeyMissing`] when the key it names is not in the folder.
    pub fn open_field(
        &self,
        table: &str,
        column: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let id = field::key_id(sealed)?;
        let key = self
            .fields
            .get(&id)
            .ok_or_else(|| SealError::KeyMissing(format!("field-{id}.key")))?;
        key.open(&Place { table, column, row }, sealed)
    }

    /// What stands in the index column in place of a sealed text, so that equal texts are found without being
    /// opened. The caller normalizes first: what should be found as equal must be equal here.
    #[must_use]
    pub fn blind_index(&self, column: &str, normalized: &str) -> [u8; 32] {
        // The separator never occurs in a column's name: no column's text can pass for another's.
        self.index.mac(&[column.as_bytes(), b"\0", normalized.as_bytes()])
    }

    /// One link of the audit chain: whoever writes to the database alone cannot make another.
    #[must_use]
    pub fn audit_mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.audit.mac(&[bytes])
    }

    /// Whether `mac` is the audit chain's over these bytes; takes the same time for every answer.
    #[must_use]
    pub fn audit_matches(&self, bytes: &[u8], mac: &[u8]) -> bool {
        self.audit.matches(&[bytes], mac)
    }

    /// What makes a page token or an etag tamper-evident.
    #[must_use]
    pub fn token_mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.token.mac(&[bytes])
    }

    /// Whether `mac` is [`token_mac`](Self::token_mac) of these bytes; takes the same time for every answer.
    #[must_use]
    pub fn token_matches(&self, bytes: &[u8], mac: &[u8]) -> bool {
        self.token.matches(&[bytes], mac)
    }

    /// Signs in the name of an issuer: 64 bytes.
    ///
    /// Fails with [`SealError::KeyMissing`] when the issuer's private key is not in the folder.
    pub fn sign(&self, issuer: &str, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        self.signing
            .get(issuer)
            .and_then(|key| key.sign(bytes))
            .ok_or_else(|| SealError::KeyMissing(format!("sign-{issuer}.pem")))
    }

    /// Whether the issuer signed these bytes.
    ///
    /// Fails with [`SealError::KeyMissing`] for an issuer whose public key is not in the folder, and with
    /// [`SealError::BadSignature`] for everything that is not his signature over exactly these bytes.
    pub fn verify(&self, issuer: &str, bytes: &[u8], signature: &[u8]) -> Result<(), SealError> {
        let key = self
            .verifying
            .get(issuer)
            .ok_or_else(|| SealError::KeyMissing(format!("verify-{issuer}.pem")))?;
        if key.verifies(bytes, signature) {
            Ok(())
        } else {
            Err(SealError::BadSignature(issuer.to_owned()))
        }
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sorted = |mut names: Vec<&String>| {
            names.sort();
            names.into_iter().cloned().collect::<Vec<_>>()
        };
        f.debug_struct("Keyring")
            .field("fields", &self.fields.keys().collect::<Vec<_>>())
            .field("signing", &sorted(self.signing.keys().collect()))
            .field("verifying", &sorted(self.verifying.keys().collect()))
            .finish_non_exhaustive()
    }
}

fn between<'a>(name: &'a str, before: &str, after: &str) -> Option<&'a str> {
    name.strip_prefix(before)?.strip_suffix(after)
}

fn random<const N: usize>() -> Result<Zeroizing<String>, SealError> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut()).map_err(|_| SealError::NoRandomness)?;
    let mut text = Zeroizing::new(hex::encode(bytes.as_ref()));
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

    use super::*;

    struct Made {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    impl Made {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("keys");
            assert!(Keyring::create(&path).unwrap());
            Self {
                _folder: folder,
                path,
            }
        }

        fn ring(&self) -> Keyring {
            Keyring::load(&self.path).unwrap()
        }

        fn put(&self, name: &str, text: &str, mode: u32) {
            let path = self.path.join(name);
            let _ = fs::remove_file(&path);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }

        fn refusal(&self) -> String {
            Keyring::load(&self.path).expect_err("refused").to_string()
        }
    }

    #[test]
    fn create_makes_keys_that_only_their_owner_reads_and_says_so_once() {
        let made = Made::new();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(made.path.clone()), 0o700);
        let names = Folder::at(&made.path).names().unwrap();
        assert_eq!(names.len(), 4 + 2 * ISSUERS.len());
        for name in names {
            assert_eq!(mode(made.path.join(&name)), 0o400, "{name}");
        }
        let token = made.ring().token_mac(b"x");
        assert!(!Keyring::create(&made.path).unwrap());
        assert_eq!(
            made.ring().token_mac(b"x"),
            token,
            "the keys are still the first ones"
        );
    }

    #[test]
    fn create_fills_an_empty_folder_and_leaves_no_draft_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        fs::create_dir(&path).unwrap();
        assert!(Keyring::create(&path).unwrap());
        assert!(Keyring::load(&path).is_ok());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn of_two_who_create_at_once_one_makes_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let made: Vec<bool> = std::thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| Keyring::create(&path).unwrap()));
            both.map(|one| one.join().unwrap()).to_vec()
        });
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        assert!(Keyring::load(&path).is_ok());
    }

    #[test]
    fn create_does_not_replace_a_key_that_went_missing() {
        let made = Made::new();
        fs::remove_file(made.path.join(INDEX)).unwrap();
        assert!(!Keyring::create(&made.path).unwrap());
        assert_eq!(made.refusal(), "key index.key is missing from the key folder");
    }

    #[test]
    fn create_without_a_place_to_write_is_one_clear_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let error = Keyring::create(&folder.path().join("file/keys")).expect_err("refused");
        assert!(error.to_string().starts_with("key folder: "), "{error}");
    }

    #[test]
    fn load_names_the_folder_that_is_not_there() {
        let error = Keyring::load(Path::new("/nowhere/keys")).expect_err("refused");
        assert!(
            error.to_string().starts_with("key folder: /nowhere/keys: "),
            "{error}"
        );
    }

    #[test]
    fn load_refuses_a_key_that_others_can_read() {
        let made = Made::new();
        made.put(AUDIT, &"0".repeat(64), 0o444);
        let refusal = made.refusal();
        assert!(
            refusal.contains("audit.key can be read by others (mode 0444)"),
            "{refusal}"
        );
    }

    #[test]
    fn load_names_each_malformed_file() {
        for (name, text) in [
            (AUDIT, "00"),
            (TOKEN, "no digits"),
            ("field-1.key", "00"),
            ("field-0.key", "00112233445566778899aabbccddeeff"),
            ("field-x.key", "00112233445566778899aabbccddeeff"),
            ("sign-rating.pem", "no key"),
            ("verify-rating.pem", "no key"),
        ] {
            let made = Made::new();
            made.put(name, text, 0o400);
            let refusal = made.refusal();
            assert!(refusal.contains(&format!("{name} is not ")), "{refusal}");
        }
    }

    #[test]
    fn a_new_field_key_seals_from_now_on_and_the_old_one_still_opens() {
        let made = Made::new();
        let old = made.ring().seal_field("person", "phone", &[1], b"text").unwrap();
        made.put("field-2.key", "00112233445566778899aabbccddeeff\n", 0o400);
        let ring = made.ring();
        let new = ring.seal_field("person", "phone", &[1], b"text").unwrap();
        assert_eq!(
            (old[..3].to_vec(), new[..3].to_vec()),
            (vec![1, 0, 1], vec![1, 0, 2])
        );
        for sealed in [old, new] {
            assert_eq!(
                ring.open_field("person", "phone", &[1], &sealed).unwrap(),
                b"text"
            );
        }
    }

    #[test]
    fn a_field_whose_key_is_gone_names_the_key_and_a_field_sealed_by_another_ring_is_tampered() {
        let (made, other) = (Made::new(), Made::new());
        let sealed = made.ring().seal_field("person", "phone", &[1], b"text").unwrap();
        let error = other.ring().open_field("person", "phone", &[1], &sealed);
        assert!(matches!(error, Err(SealError::Tampered)));
        fs::remove_file(made.path.join("field-1.key")).unwrap();
        let ring = made.ring();
        let error = ring
            .open_field("person", "phone", &[1], &sealed)
            .expect_err("refused");
        assert_eq!(
            error.to_string(),
            "key field-1.key is missing from the key folder"
        );
        assert!(ring.seal_field("person", "phone", &[1], b"text").is_err());
    }

    #[test]
    fn a_blind_index_finds_equal_texts_of_one_column_only() {
        let ring = Made::new().ring();
        let index = ring.blind_index("identity_number", "110101");
        assert_eq!(index, ring.blind_index("identity_number", "110101"));
        assert_ne!(index, ring.blind_index("identity_number", "110102"));
        assert_ne!(index, ring.blind_index("phone", "110101"));
        assert_ne!(index, Made::new().ring().blind_index("identity_number", "110101"));
    }

    #[test]
    fn the_keys_for_index_audit_and_tokens_are_three() {
        let ring = Made::new().ring();
        assert_ne!(ring.audit_mac(b"x"), ring.token_mac(b"x"));
        assert!(ring.audit_matches(b"x", &ring.audit_mac(b"x")));
        assert!(!ring.audit_matches(b"x", &ring.token_mac(b"x")));
        assert!(ring.token_matches(b"x", &ring.token_mac(b"x")));
        assert!(!ring.token_matches(b"y", &ring.token_mac(b"x")));
    }

    #[test]
    fn everybody_verifies_what_an_issuer_signs_and_nobody_signs_for_another() {
        let made = Made::new();
        let signature = made.ring().sign("rating", b"bytes").unwrap();
        fs::remove_file(made.path.join("sign-rating.pem")).unwrap();
        let ring = made.ring();
        assert!(ring.verify("rating", b"bytes", &signature).is_ok());
        for (issuer, bytes) in [("member", &b"bytes"[..]), ("rating", b"other")] {
            let error = ring.verify(issuer, bytes, &signature).expect_err("refused");
            assert_eq!(
                error.to_string(),
                format!("signature of {issuer} does not verify")
            );
        }
        for (error, name) in [
            (ring.sign("rating", b"bytes").map(|_| ()), "sign-rating.pem"),
            (
                ring.verify("stranger", b"bytes", &signature),
                "verify-stranger.pem",
            ),
        ] {
            let error = error.expect_err("refused").to_string();
            assert_eq!(error, format!("key {name} is missing from the key folder"));
        }
    }

    #[test]
    fn debug_shows_names_and_no_key() {
        let made = Made::new();
        let shown = format!("{:?}", made.ring());
        assert!(shown.contains("rating"), "{shown}");
        for name in [INDEX, AUDIT, TOKEN, "field-1.key", "sign-rating.pem"] {
            let key = fs::read_to_string(made.path.join(name)).unwrap();
            let line = key.lines().find(|line| !line.starts_with('-')).unwrap();
            assert!(!shown.contains(line), "{name}");
        }
    }
}

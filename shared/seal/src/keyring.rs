//! The keys of one process and everything that is done with them.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    path::Path,
    sync::Arc,
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
/// What fingerprints are made over: short and without a zero, so that it is nothing else that a key is used for.
const FINGERPRINT: &[u8] = b"fingerprint";
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
/// `token.key` must be there; a process needs each of the others only for what it does, and is told when it asks for
/// it. Keys are wiped when the ring is dropped, and its `Debug` shows their names alone.
pub struct Keyring {
    fields: BTreeMap<u16, FieldKey>,
    fingerprints: BTreeMap<String, [u8; 32]>,
    index: Option<IndexKey>,
    audit: Option<AuditKey>,
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
    /// others or is malformed, or when `token.key` is missing.
    pub fn load(folder: &Path) -> Result<Self, SealError> {
        let folder = Folder::at(folder);
        let names = folder.names()?;
        let mut ring = Self {
            fields: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
            index: None,
            audit: None,
            token: MacKey::new(&*folder.bytes::<32>(TOKEN, MAC_KEY)?),
            signing: HashMap::new(),
            verifying: HashMap::new(),
        };
        for name in &names {
            ring.take(&folder, name)?;
        }
        Ok(ring)
    }

    fn take(&mut self, folder: &Folder, name: &str) -> Result<(), SealError> {
        if name == INDEX || name == AUDIT {
            let key = Arc::new(MacKey::new(&*folder.bytes::<32>(name, MAC_KEY)?));
            self.fingerprints.insert(name.to_owned(), key.mac(&[FINGERPRINT]));
            match name {
                INDEX => self.index = Some(IndexKey(key)),
                _ => self.audit = Some(AuditKey(key)),
            }
        } else if let Some(id) = between(name, "field-", ".key") {
            let id: u16 = id
                .parse()
                .ok()
                .filter(|&id| id > 0)
                .ok_or_else(|| folder.malformed(name, SM4_KEY))?;
            let key = folder.bytes::<16>(name, SM4_KEY)?;
            let print = MacKey::new(&*key).mac(&[FINGERPRINT]);
            self.fingerprints.insert(format!("field-{id}.key"), print);
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

    /// The files of the keys with which a database is kept (fields, blind index, audit trail), each with what tells the
    /// key from another and nothing of the key itself: HMAC-SM3 of a fixed text under it. What was kept with one of them
    /// is lost with another one; all other keys may be replaced at any time.
    pub fn fingerprints(&self) -> impl Iterator<Item = (&str, &[u8; 32])> {
        self.fingerprints
            .iter()
            .map(|(file, print)| (file.as_str(), print))
    }

    /// Seals a sensitive field for the place where it will stand: table and column by their names in the
    /// database, the row by the bytes of its id. Sealing again gives other bytes: look up by
    /// [`IndexKey::of`]. 31 bytes longer than the plaintext.
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

    /// The key of the blind index. Fails with [`SealError::KeyMissing`] when the folder has none.
    pub fn index(&self) -> Result<IndexKey, SealError> {
        self.index
            .clone()
            .ok_or_else(|| SealError::KeyMissing(INDEX.into()))
    }

    /// The key of the audit chain. Fails with [`SealError::KeyMissing`] when the folder has none.
    pub fn audit(&self) -> Result<AuditKey, SealError> {
        self.audit
            .clone()
            .ok_or_else(|| SealError::KeyMissing(AUDIT.into()))
    }

    /// Whether fields can be sealed. Fails with [`SealError::KeyMissing`] when the folder has no field key.
    pub fn can_seal(&self) -> Result<(), SealError> {
        match self.fields.is_empty() {
            true => Err(SealError::KeyMissing("field-1.key".into())),
            false => Ok(()),
        }
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

/// The key of the blind index, for whoever looks sealed fields up.
#[derive(Clone)]
pub struct IndexKey(Arc<MacKey>);

impl IndexKey {
    /// What stands in the index column in place of a sealed text, so that equal texts are found without being
    /// opened. The caller normalizes first: what should be found as equal must be equal here.
    #[must_use]
    pub fn of(&self, column: &str, normalized: &str) -> [u8; 32] {
        // The separator never occurs in a column's name: no column's text can pass for another's.
        self.0.mac(&[column.as_bytes(), b"\0", normalized.as_bytes()])
    }
}

/// The key of an audit chain: whoever writes to the database alone cannot make a link.
#[derive(Clone)]
pub struct AuditKey(Arc<MacKey>);

impl AuditKey {
    /// One link.
    #[must_use]
    pub fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        self.0.mac(&[bytes])
    }

    /// Whether `mac` is the link over these bytes; takes the same time for every answer.
    #[must_use]
    pub fn matches(&self, bytes: &[u8], mac: &[u8]) -> bool {
        self.0.matches(&[bytes], mac)
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(INDEX)
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(AUDIT)
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

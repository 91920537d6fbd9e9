//! The keyring as its callers see it: made, loaded, refused, used.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use seal::{ISSUERS, Keyring, SealError};

const INDEX: &str = "index.key";
const AUDIT: &str = "audit.key";
const TOKEN: &str = "token.key";

struct Made {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("keys");
        assert!(Keyring::create(&path).expect("keys"));
        Self {
            _folder: folder,
            path,
        }
    }

    fn ring(&self) -> Keyring {
        Keyring::load(&self.path).expect("ring")
    }

    fn put(&self, name: &str, text: &str, mode: u32) {
        let path = self.path.join(name);
        let _ = fs::remove_file(&path);
        fs::write(&path, text).expect("file");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("file");
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.path).expect("file");
        entries
            .map(|entry| entry.expect("file").file_name().into_string().expect("file"))
            .collect()
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
    let names = made.names();
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
    let error = made.ring().index().expect_err("gone");
    assert_eq!(error.to_string(), "key index.key is missing from the key folder");
}

#[test]
fn a_key_is_asked_for_by_who_uses_it_and_only_that_of_tokens_by_everybody() {
    let made = Made::new();
    for file in [INDEX, AUDIT, "field-1.key"] {
        fs::remove_file(made.path.join(file)).unwrap();
    }
    let ring = made.ring();
    let missing = [
        ring.index().map(|_| ()),
        ring.audit().map(|_| ()),
        ring.can_seal(),
    ];
    for (result, file) in missing.into_iter().zip([INDEX, AUDIT, "field-1.key"]) {
        let told = result.expect_err(file).to_string();
        assert_eq!(told, format!("key {file} is missing from the key folder"));
    }
    assert_eq!(ring.fingerprints().count(), 0);
    fs::remove_file(made.path.join(TOKEN)).unwrap();
    assert_eq!(made.refusal(), "key token.key is missing from the key folder");
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
    let key = Made::new().ring().index().unwrap();
    let index = key.of("identity_number", "110101");
    assert_eq!(index, key.of("identity_number", "110101"));
    assert_ne!(index, key.of("identity_number", "110102"));
    assert_ne!(index, key.of("phone", "110101"));
    let other = Made::new().ring().index().unwrap();
    assert_ne!(index, other.of("identity_number", "110101"));
}

#[test]
fn the_keys_for_index_audit_and_tokens_are_three() {
    let ring = Made::new().ring();
    let audit = ring.audit().unwrap();
    assert_ne!(audit.mac(b"x"), ring.token_mac(b"x"));
    assert!(audit.matches(b"x", &audit.mac(b"x")));
    assert!(!audit.matches(b"x", &ring.token_mac(b"x")));
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

#[test]
fn a_fingerprint_tells_each_key_that_data_are_kept_with_from_another_and_nothing_of_it() {
    let made = Made::new();
    let prints = |ring: &Keyring| -> Vec<(String, [u8; 32])> {
        let all = ring.fingerprints();
        all.map(|(file, print)| (file.to_owned(), *print)).collect()
    };
    let before = prints(&made.ring());
    let files: Vec<&str> = before.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files, [AUDIT, "field-1.key", INDEX]);
    assert_eq!(prints(&made.ring()), before, "the same for the same keys");
    for (at, (file, print)) in before.iter().enumerate() {
        let text = fs::read_to_string(made.path.join(file)).unwrap();
        assert!(!text.starts_with(&hex::encode(print)[..32]), "{file}");
        let digits = text.trim_end().len();
        made.put(file, &"7".repeat(digits), 0o400);
        let after = prints(&made.ring());
        assert_ne!(after[at].1, *print, "another {file}");
        made.put(file, &text, 0o400);
    }
    made.put(TOKEN, &"7".repeat(64), 0o400);
    made.put("field-2.key", &"7".repeat(32), 0o400);
    let after = prints(&made.ring());
    assert_eq!(
        after.len(),
        4,
        "the new field key has one, nothing is kept with {TOKEN}"
    );
    assert!(before.iter().all(|one| after.contains(one)));
}

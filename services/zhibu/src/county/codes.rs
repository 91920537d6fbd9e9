//! Synthetic numbers that pass their check digit and that nobody holds.
//!
//! - **Identity number** (N-02): area code = the province's two digits and `0000`. Real numbers carry the
//!   code of a county, so no person's begins like that. Birth day and sex are real in form, the check
//!   character is right.
//! - **Unified social credit code** (N-07): the organization part begins with `DUMMY`; both check characters
//!   are right, the administrative code is the real county's.
//! - **Telephone**: begins with `160`, which no operator hands out.

use chrono::Datelike;
use kernel::Day;

use super::people::Sex;

const USCC_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORG_ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The check character of the first 17 digits of an identity number (GB 11643-1999); `None` when they are
/// not 17 digits.
#[must_use]
pub fn identity_check(digits: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits: Vec<u32> = digits.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != WEIGHTS.len() {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(d, w)| d * w).sum();
    "10X98765432".chars().nth((sum % 11) as usize)
}

/// An identity number of nobody: `nth` counts the people of one sex born on one day, 0 to 499.
pub(super) fn identity_number(province: &str, born: Day, sex: Sex, nth: u32) -> String {
    let order = nth * 2 + u32::from(sex == Sex::Male);
    let digits = format!(
        "{province}0000{:04}{:02}{:02}{order:03}",
        born.year(),
        born.month(),
        born.day()
    );
    let check = identity_check(&digits).unwrap_or_else(|| unreachable!("17 digits by construction"));
    format!("{digits}{check}")
}

/// The check character of the first 8 characters of an organization code (GB 11714).
fn organization_check(body: &[u8]) -> Option<char> {
    const WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let mut sum = 0;
    for (c, w) in body.iter().zip(WEIGHTS) {
        sum += ORG_ALPHABET.iter().position(|a| a == c)? * w;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(u32::try_from(digit).ok()?, 10),
    }
}

/// The check character of the first 17 characters of a unified social credit code (GB 32100-2015);
/// `None` when a character is not of its alphabet.
#[must_use]
pub fn uscc_check(first: &str) -> Option<char> {
    let mut sum = 0;
    let mut weight = 1;
    for c in first.bytes() {
        sum += USCC_ALPHABET.iter().position(|a| *a == c)? * weight;
        weight = weight * 3 % 31;
    }
    USCC_ALPHABET.get((31 - sum % 31) % 31).map(|c| char::from(*c))
}

/// A unified social credit code of no legal entity: `registrar` are its first two characters, `nth` counts
/// the units of the whole county or city.
pub(super) fn uscc(registrar: &str, county: &str, nth: usize) -> String {
    let letter = |at: usize| char::from(USCC_ALPHABET[at % 31]);
    let body = format!("DUMMY{}{}{}", letter(nth / 961), letter(nth / 31), letter(nth));
    let made = organization_check(body.as_bytes()).and_then(|check| {
        let first = format!("{registrar}{county}{body}{check}");
        uscc_check(&first).map(|last| format!("{first}{last}"))
    });
    made.unwrap_or_else(|| unreachable!("only characters of the alphabet"))
}

/// The `nth` telephone number of the file.
pub(super) fn phone(nth: usize) -> String {
    format!("160{nth:08}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_agree_with_the_published_ones_n_02_n_07() {
        assert_eq!(identity_check("11010519491231002"), Some('X'));
        assert_eq!(identity_check("44052418800101001"), Some('4'));
        assert_eq!(identity_check("1101051949123100"), None);
        assert_eq!(uscc_check("91350200MA2YJ1XR9"), Some('G'));
        assert_eq!(uscc_check("91350200776049653"), Some('A'));
        assert_ne!(
            uscc_check("91350203M0001QAY9"),
            Some('B'),
            "the real code that fails"
        );
        assert_eq!(organization_check(b"77604965"), Some('3'));
        assert_eq!(organization_check(b"MA2YJ1XR"), Some('9'));
    }

    #[test]
    fn made_numbers_check_and_show_that_they_are_made() {
        let born = Day::from_ymd_opt(1970, 2, 28).expect("day");
        let number = identity_number("61", born, Sex::Female, 7);
        assert!(number.starts_with("61000019700228014"), "{number}");
        assert_eq!(identity_check(&number[..17]), number.chars().last());
        let code = uscc("54", "610323", 1000);
        assert_eq!((code.len(), &code[8..13]), (18, "DUMMY"));
        assert_eq!(uscc_check(&code[..17]), code.chars().last());
    }
}

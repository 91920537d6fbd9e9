//! Identity numbers (N-02): 17 digits and a check character, with the day of birth inside.

use std::fmt;

use kernel::Day;

use crate::error::MemberError;

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &[u8; 11] = b"10X98765432";
const LENGTH: usize = 18;

/// A valid identity number, upper-case, ASCII. Neither its `Debug` nor its mask shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber(String);

impl IdentityNumber {
    /// Reads a number as people type it: full-width characters are folded, since it is an id (N-10), a lower-case
    /// `x` is taken.
    ///
    /// Refuses with `IDENTITY_CHECK_DIGIT` a wrong check character or another shape, and with
    /// `IDENTITY_BIRTH_DATE` a day of birth that does not exist or is not past on `today`.
    pub fn read(text: &str, today: Day) -> Result<Self, MemberError> {
        let folded: String = text.chars().map(fold).collect();
        if !checks(folded.as_bytes()) {
            return Err(MemberError::IdentityCheckDigit);
        }
        let number = Self(folded);
        match number.born_on() {
            Some(born) if born < today => Ok(number),
            _ => Err(MemberError::IdentityBirthDate),
        }
    }

    /// The number itself: to be sealed or looked up, never to be shown.
    #[must_use]
    pub fn clear(&self) -> &str {
        &self.0
    }

    fn born_on(&self) -> Option<Day> {
        let part = |from: usize, to: usize| self.0.get(from..to).unwrap_or_default();
        let (year, month, day) = (part(6, 10).parse(), part(10, 12).parse(), part(12, 14).parse());
        Day::from_ymd_opt(year.ok()?, month.ok()?, day.ok()?)
    }

    /// Whether a sex of GB/T 2261.1 is that of the 17th digit, odd for men; unknown (0) and unspecified (9) are never wrong.
    #[must_use]
    pub fn is_of(&self, sex: i32) -> bool {
        let digit = self.0.as_bytes().get(LENGTH - 2);
        let male = digit.is_some_and(|digit| digit % 2 == 1);
        match sex {
            1 => male,
            2 => !male,
            _ => true,
        }
    }

    /// The day of birth in it.
    #[must_use]
    pub fn birthday(&self) -> Day {
        self.born_on().unwrap_or_default()
    }
}

impl fmt::Debug for IdentityNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityNumber(…)")
    }
}

fn fold(letter: char) -> char {
    match letter {
        '０'..='９' => char::from(b'0' + u8::try_from(letter as u32 - '０' as u32).unwrap_or(0)),
        'x' | 'ｘ' | 'Ｘ' => 'X',
        other => other,
    }
}

fn checks(number: &[u8]) -> bool {
    let Some((check, digits)) = number.split_last().filter(|_| number.len() == LENGTH) else {
        return false;
    };
    let weighted =
        |(digit, weight): (&u8, u32)| digit.is_ascii_digit().then(|| u32::from(digit - b'0') * weight);
    let sum: Option<u32> = digits.iter().zip(WEIGHTS).map(weighted).sum();
    sum.is_some_and(|sum| CHECKS.get(sum as usize % CHECKS.len()) == Some(check))
}

/// The first three and the last four characters, stars between; all stars when it is too short for that (N-24).
#[must_use]
pub fn masked(clear: &str) -> String {
    let letters: Vec<char> = clear.chars().collect();
    let hidden = letters.len().saturating_sub(7);
    let shown = |at: usize| hidden > 0 && (at < 3 || at >= letters.len() - 4);
    letters
        .iter()
        .enumerate()
        .map(|(at, letter)| if shown(at) { *letter } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, MemberError> {
        let today = "2025-06-01".parse().expect("day");
        IdentityNumber::read(text, today).map(|number| number.clear().to_owned())
    }

    #[test]
    fn the_standards_own_examples_are_valid_n_02() {
        assert_eq!(read("11010519491231002X").as_deref(), Ok("11010519491231002X"));
        assert!(
            read("440524188001010014").is_ok(),
            "an old birth date is a finding, not a refusal"
        );
    }

    #[test]
    fn the_seventeenth_digit_is_odd_for_men_n_02() {
        let today = "2025-06-01".parse().expect("day");
        let of = |text| {
            let number = IdentityNumber::read(text, today).expect("valid");
            [0, 1, 2, 9].map(|sex| number.is_of(sex))
        };
        assert_eq!(of("11010519491231002X"), [true, false, true, true]);
        assert_eq!(of("440524188001010014"), [true, true, false, true]);
    }

    #[test]
    fn lower_case_and_full_width_are_folded() {
        assert_eq!(read("11010519491231002x").as_deref(), Ok("11010519491231002X"));
        assert_eq!(
            read("１１０１０５１９４９１２３１００２ｘ").as_deref(),
            Ok("11010519491231002X")
        );
    }

    #[test]
    fn one_wrong_digit_anywhere_is_found() {
        let good = "11010519491231002X";
        for at in 0..17 {
            let mut wrong: Vec<u8> = good.into();
            wrong[at] = if wrong[at] == b'9' { b'0' } else { wrong[at] + 1 };
            let wrong = String::from_utf8(wrong).expect("ascii");
            assert_eq!(read(&wrong), Err(MemberError::IdentityCheckDigit), "{at}");
        }
        for shape in [
            "",
            "X",
            "110105491231002",
            "11010519491231002XX",
            "1101051949123100２壹",
        ] {
            assert_eq!(read(shape), Err(MemberError::IdentityCheckDigit));
        }
    }

    #[test]
    fn a_birth_date_must_be_real_and_past() {
        for birth in ["20250230", "19991301", "20250601", "20990101", "00000000"] {
            let number = with_check(&format!("610102{birth}001"));
            assert_eq!(read(&number), Err(MemberError::IdentityBirthDate), "{birth}");
        }
        assert!(read(&with_check("61010220250531001")).is_ok());
        assert!(read(&with_check("61010220240229001")).is_ok());
    }

    fn with_check(digits: &str) -> String {
        let sum: u32 = digits
            .bytes()
            .zip(WEIGHTS)
            .map(|(d, w)| u32::from(d - b'0') * w)
            .sum();
        format!("{digits}{}", char::from(CHECKS[sum as usize % 11]))
    }

    #[test]
    fn a_mask_shows_three_and_four_at_most() {
        assert_eq!(masked("11010519491231002X"), "110***********002X");
        assert_eq!(masked("16000000001"), "160****0001");
        assert_eq!(masked("1234567"), "*******", "nothing is left to hide");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_number_never_prints_itself() {
        let number =
            IdentityNumber::read("11010519491231002X", "2025-01-01".parse().expect("day")).expect("valid");
        assert_eq!(format!("{number:?}"), "IdentityNumber(…)");
        assert_eq!(number.birthday().to_string(), "1949-12-31");
    }
}

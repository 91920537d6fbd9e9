//! Codes of persons, and the fields of a record that the branch itself keeps.

/// Whether a sex of GB/T 2261.1 (N-03).
#[must_use]
pub fn is_sex(code: i32) -> bool {
    matches!(code, 0 | 1 | 2 | 9)
}

/// Whether an ethnic group of GB/T 3304 (N-04): 56 groups, 97 others, 98 naturalized.
#[must_use]
pub fn is_ethnic_group(code: &str) -> bool {
    two_digits(code).is_some_and(|number| matches!(number, 1..=56 | 97 | 98))
}

/// Whether a level of education of GB/T 4658 (N-05): 10 to 80 in tens with their subdivisions, 90 other.
#[must_use]
pub fn is_education(code: &str) -> bool {
    two_digits(code).is_some_and(|number| matches!(number, 10..=99) && number / 10 != 5)
}

fn two_digits(code: &str) -> Option<u32> {
    code.parse()
        .ok()
        .filter(|_| code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit()))
}

/// A field that the branch itself keeps; the others come from the national member system (principle 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Phone.
    Phone,
    /// Education (N-05).
    Education,
    /// Work post or profession.
    Occupation,
}

impl Kept {
    /// The word in evidence.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Education => "education",
            Self::Occupation => "occupation",
        }
    }
}

/// The fields that lack a valid value. A phone is judged when it is taken over: here it is there or not.
#[must_use]
pub fn missing(has_phone: bool, education: &str, occupation: &str) -> Vec<Kept> {
    let lacks = [
        (!has_phone, Kept::Phone),
        (!is_education(education), Kept::Education),
        (occupation.trim().is_empty(), Kept::Occupation),
    ];
    lacks
        .into_iter()
        .filter(|(lacking, _)| *lacking)
        .map(|(_, field)| field)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_outside_of_the_standards_are_unknown() {
        for (code, known) in [
            ("01", true),
            ("56", true),
            ("57", false),
            ("97", true),
            ("00", false),
            ("1", false),
        ] {
            assert_eq!(is_ethnic_group(code), known, "{code}");
        }
        for (code, known) in [
            ("20", true),
            ("14", true),
            ("50", false),
            ("90", true),
            ("", false),
            ("+1", false),
        ] {
            assert_eq!(is_education(code), known, "{code}");
        }
        assert!(is_sex(0) && is_sex(9) && !is_sex(3));
    }

    #[test]
    fn each_missing_field_is_named_r_214() {
        assert_eq!(missing(true, "20", "教师"), []);
        assert_eq!(
            missing(false, "", " "),
            [Kept::Phone, Kept::Education, Kept::Occupation]
        );
        assert_eq!(missing(true, "57", "教师"), [Kept::Education]);
    }
}

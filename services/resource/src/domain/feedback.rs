//! The mean of the grades given after use (S-210).

/// The mean of grades 1 to 5 in hundredths, half up; 0 when none was given.
#[must_use]
pub fn mean_hundredths(grades: u64, graded: u64) -> u32 {
    let mean = (grades * 200 + graded).checked_div(graded * 2).unwrap_or(0);
    u32::try_from(mean).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_rounded_half_up_and_none_is_zero() {
        assert_eq!(mean_hundredths(0, 0), 0);
        assert_eq!(mean_hundredths(5, 1), 500);
        assert_eq!(mean_hundredths(14, 3), 467);
        assert_eq!(mean_hundredths(33, 8), 413, "412.5");
    }
}

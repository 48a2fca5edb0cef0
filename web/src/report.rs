//! The report of tests: what came of each, and how many there are of each kind.
//!
//! 1. At most [`ROWS_MAX`] rows are kept, but every test is counted; one that did not pass takes the place of one that did.

use protocol::{TestOutcome, TestRow};

/// Rows that are kept.
pub const ROWS_MAX: usize = 1_000;

/// What came of the tests of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestReport {
    /// Those that are kept, in order.
    pub rows: Vec<TestRow>,
    counts: [u64; KINDS.len()],
}

/// Kinds, as they are listed, with a word for each.
pub const KINDS: [(TestOutcome, &str); 5] = [
    (TestOutcome::Fail, "failed"),
    (TestOutcome::UnexpectedPass, "passed unexpectedly"),
    (TestOutcome::Pass, "passed"),
    (TestOutcome::ExpectedFail, "failed as expected"),
    (TestOutcome::Skip, "skipped"),
];

impl TestReport {
    /// Adds what has come.
    pub fn add(&mut self, rows: Vec<TestRow>) {
        for row in rows {
            if let Some(kind) = KINDS.iter().position(|(kind, _)| *kind == row.outcome) {
                self.counts[kind] += 1;
            }
            if self.rows.len() < ROWS_MAX {
                self.rows.push(row);
            } else if row.outcome.is_bad()
                && let Some(good) = self.rows.iter().rposition(|row| !row.outcome.is_bad())
            {
                self.rows.remove(good);
                self.rows.push(row);
            }
        }
    }

    /// There were none.
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// All tests.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Tests that somebody has to look at.
    pub fn bad(&self) -> u64 {
        self.counts().filter(|(kind, ..)| kind.is_bad()).map(|(.., count)| count).sum()
    }

    /// Kind, word and count of each kind.
    pub fn counts(&self) -> impl Iterator<Item = (TestOutcome, &'static str, u64)> + '_ {
        KINDS.iter().zip(self.counts).map(|((kind, word), count)| (*kind, *word, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ActorNumber;

    fn row(outcome: TestOutcome, title: &str) -> TestRow {
        let (title, detail) = (title.to_string(), String::new());
        TestRow { actor: ActorNumber(1), outcome, title, detail, location: None }
    }

    #[test]
    fn all_are_counted_and_the_bad_ones_are_kept() {
        let mut report = TestReport::default();
        assert!(report.is_empty());
        report.add((0..ROWS_MAX + 5).map(|_| row(TestOutcome::Pass, "good")).collect());
        report.add(vec![row(TestOutcome::Fail, "first"), row(TestOutcome::Skip, "not run")]);
        report.add(vec![row(TestOutcome::UnexpectedPass, "second"), row(TestOutcome::ExpectedFail, "known")]);
        assert_eq!((report.total(), report.bad(), report.rows.len()), (ROWS_MAX as u64 + 9, 2, ROWS_MAX));
        let bad: Vec<&str> =
            report.rows.iter().filter(|row| row.outcome.is_bad()).map(|row| &*row.title).collect();
        assert_eq!(bad, ["first", "second"]);
        let counts: Vec<u64> = report.counts().map(|(.., count)| count).collect();
        assert_eq!(counts, [1, 1, ROWS_MAX as u64 + 5, 1, 1]);
    }
}

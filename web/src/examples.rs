//! The examples, as files in `web/examples`. Their first lines say what they are and what to look at.

/// One example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// File name.
    pub file: &'static str,
    /// Source.
    pub text: &'static str,
}

macro_rules! examples {
    ($($file:literal),* $(,)?) => {
        /// All examples, in the order of the list; the first greets a new visitor.
        pub const EXAMPLES: &[Example] = &[
            $(Example { file: $file, text: include_str!(concat!("../examples/", $file)) }),*
        ];
    };
}

examples![
    "welcome.scm",
    "hello.scm",
    "factorial.scm",
    "closures.scm",
    "list-sort.scm",
    "test-suite.scm",
    "n-queens.scm",
    "mandelbrot.scm",
    "gc-churn.scm",
    "ping-pong.scm",
    "ring.scm",
    "producer-consumer.scm",
    "parallel-primes.scm",
    "crash-link-monitor.scm",
    "supervisor.scm",
    "bank-account.scm",
    "dining-philosophers.scm",
    "priorities.scm",
    "deadlock.scm",
];

impl Example {
    /// The title: the first comment up to a colon.
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or("").trim_start_matches(';').trim();
        first.split(':').next().unwrap_or(first)
    }

    /// The example with this file name, with or without `.scm`.
    pub fn named(name: &str) -> Option<&'static Example> {
        EXAMPLES.iter().find(|example| {
            example.file.strip_suffix(".scm") == Some(name.strip_suffix(".scm").unwrap_or(name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_says_what_it_is_and_what_to_look_at() {
        for example in EXAMPLES {
            let mut lines = example.text.lines();
            let title = lines.next().unwrap_or("");
            assert!(title.starts_with(";; ") && title.contains(": "), "{}: {title}", example.file);
            assert!(lines.next().is_some_and(|line| line.starts_with(";; ")), "{}", example.file);
            assert!(crate::text::is_complete(example.text), "{}", example.file);
            assert!(example.text.ends_with('\n'), "{}", example.file);
        }
    }

    #[test]
    fn titles_and_names_are_unique_and_lead_back() {
        for (index, example) in EXAMPLES.iter().enumerate() {
            assert!(EXAMPLES[index + 1..].iter().all(|other| other.title() != example.title()));
            assert_eq!(Example::named(example.file), Some(example));
        }
        assert_eq!(Example::named("ring").map(|example| example.file), Some("ring.scm"));
        assert_eq!(Example::named("nothing"), None);
    }
}

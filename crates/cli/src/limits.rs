//! Options that set limits and the seed: one table, from which the parser, the help and the printer work.
//!
//! 1. `parse(text(x)) == x` for every option and every value that its setting can hold.

use protocol::{Settings, setting};

/// How an option's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A whole number from 0 to the given one.
    Number(u64),
    /// Bytes, with an optional K, M or G.
    Bytes,
    /// Bytes as above, kept as 64-bit words, rounded up.
    Words,
}

/// One option with a value.
pub(crate) struct Limit {
    /// Without the dashes.
    pub name: &'static str,
    /// How its value is written.
    pub unit: Unit,
    /// For the help.
    pub about: &'static str,
    /// The setting.
    pub get: fn(&Settings) -> u64,
    set: fn(&mut Settings, u64),
}

/// Bytes of a word.
const WORD_BYTES: u64 = 8;

/// All of them, in the order of the help.
pub(crate) const LIMITS: [Limit; 10] = [
    Limit {
        name: setting::CORES,
        unit: Unit::Number(executor::pool::CORES_MAX as u64),
        about: "cores to use; 0 means all there are",
        get: |settings| u64::from(settings.cores),
        set: |settings, value| settings.cores = value as u16,
    },
    Limit {
        name: setting::SEED,
        unit: Unit::Number(u64::MAX),
        about: "seed of every random number",
        get: |settings| settings.seed,
        set: |settings, value| settings.seed = value,
    },
    Limit {
        name: setting::HEAP,
        unit: Unit::Words,
        about: "heap of one actor",
        get: |settings| settings.heap_words_max,
        set: |settings, value| settings.heap_words_max = value,
    },
    Limit {
        name: setting::STACK,
        unit: Unit::Words,
        about: "stack of one actor",
        get: |settings| settings.stack_words_max,
        set: |settings, value| settings.stack_words_max = value,
    },
    Limit {
        name: setting::REDUCTIONS,
        unit: Unit::Number(u64::MAX),
        about: "reductions of one actor; 0 means no limit",
        get: |settings| settings.reductions_max,
        set: |settings, value| settings.reductions_max = value,
    },
    Limit {
        name: setting::MAILBOX,
        unit: Unit::Number(u64::MAX),
        about: "messages that wait in one mailbox",
        get: |settings| settings.mailbox_messages_max,
        set: |settings, value| settings.mailbox_messages_max = value,
    },
    Limit {
        name: setting::MAILBOX_BYTES,
        unit: Unit::Bytes,
        about: "memory of the messages that wait in one mailbox",
        get: |settings| settings.mailbox_bytes_max,
        set: |settings, value| settings.mailbox_bytes_max = value,
    },
    Limit {
        name: setting::ACTORS,
        unit: Unit::Number(u64::MAX),
        about: "actors alive at a time",
        get: |settings| settings.actors_max,
        set: |settings, value| settings.actors_max = value,
    },
    Limit {
        name: setting::OUTPUT,
        unit: Unit::Number(u64::MAX),
        about: "characters of output; what follows is cut",
        get: |settings| settings.output_characters_max,
        set: |settings, value| settings.output_characters_max = value,
    },
    Limit {
        name: setting::MEMORY,
        unit: Unit::Bytes,
        about: "memory of all actors; 0 means three quarters of the machine's",
        get: |settings| settings.world_bytes_max,
        set: |settings, value| settings.world_bytes_max = value,
    },
];

impl Limit {
    /// The option called `name`, without the dashes.
    pub(crate) fn named(name: &str) -> Option<&'static Limit> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    /// What its value looks like, for the help and for errors.
    pub(crate) fn value_name(&self) -> &'static str {
        if matches!(self.unit, Unit::Number(_)) { "N" } else { "BYTES" }
    }

    /// Puts a value into the settings.
    ///
    /// # Errors
    /// What was expected.
    pub(crate) fn apply(&self, settings: &mut Settings, text: &str) -> Result<(), String> {
        let value = match self.unit {
            Unit::Number(max) => number(text).filter(|number| *number <= max),
            Unit::Bytes => bytes(text),
            Unit::Words => bytes(text).map(|bytes| bytes.div_ceil(WORD_BYTES)),
        };
        let value = value.ok_or_else(|| {
            let expected = match self.unit {
                Unit::Number(u64::MAX) => "a whole number".to_string(),
                Unit::Number(max) => format!("a whole number from 0 to {max}"),
                Unit::Bytes | Unit::Words => "a number of bytes such as 65536, 64K, 64M or 2G".to_string(),
            };
            format!("--{} expects {expected}, not `{text}`", self.name)
        })?;
        (self.set)(settings, value);
        Ok(())
    }

    /// The setting as [`Limit::apply`] reads it.
    pub(crate) fn text(&self, settings: &Settings) -> String {
        let value = (self.get)(settings);
        match self.unit {
            Unit::Number(_) => value.to_string(),
            Unit::Bytes => bytes_text(u128::from(value)),
            Unit::Words => bytes_text(u128::from(value) * u128::from(WORD_BYTES)),
        }
    }
}

/// The options, as they would be typed, that turn the defaults into `settings`.
pub(crate) fn options_of(settings: &Settings) -> Vec<String> {
    let usual = Settings::default();
    let differs = |limit: &&Limit| (limit.get)(settings) != (limit.get)(&usual);
    LIMITS.iter().filter(differs).map(|limit| format!("--{} {}", limit.name, limit.text(settings))).collect()
}

fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|character| *character != '_').collect();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn bytes(text: &str) -> Option<u64> {
    let plain = text.trim_end_matches("iB").trim_end_matches('B');
    let (digits, shift) = match plain.char_indices().last()? {
        (at, 'k' | 'K') => (&plain[..at], 10),
        (at, 'm' | 'M') => (&plain[..at], 20),
        (at, 'g' | 'G') => (&plain[..at], 30),
        _ => (plain, 0),
    };
    number(digits)?.checked_mul(1 << shift)
}

fn bytes_text(bytes: u128) -> String {
    for (shift, letter) in [(30, 'G'), (20, 'M'), (10, 'K')] {
        if bytes != 0 && bytes.trailing_zeros() >= shift {
            return format!("{}{letter}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_a_letter() {
        assert_eq!(bytes("64M"), Some(64 << 20));
        assert_eq!(bytes("64MiB"), Some(64 << 20));
        assert_eq!(bytes("2g"), Some(2 << 30));
        assert_eq!(bytes("1_000"), Some(1000));
        assert_eq!(bytes("12"), Some(12));
        for text in ["", "M", "-1", "1.5M", "64X", "1 M", "99999999999999999999", "99999999999999G"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn the_heap_is_kept_in_words() {
        let mut settings = Settings::default();
        let heap = Limit::named("heap").expect("it is in the table");
        assert_eq!(heap.apply(&mut settings, "64M"), Ok(()));
        assert_eq!(settings.heap_words_max, 8 << 20);
        assert_eq!(heap.text(&settings), "64M");
    }

    #[test]
    fn every_setting_has_an_option_of_its_own() {
        let mut settings = Settings::default();
        for (place, limit) in LIMITS.iter().enumerate() {
            let before = settings.clone();
            assert_eq!(limit.apply(&mut settings, &(40 + 8 * place).to_string()), Ok(()));
            assert_ne!(settings, before, "--{} changes nothing", limit.name);
        }
        let Settings {
            cores,
            seed,
            heap_words_max,
            stack_words_max,
            reductions_max,
            mailbox_messages_max,
            mailbox_bytes_max,
            actors_max,
            output_characters_max,
            world_bytes_max,
            // It has options of its own.
            collector: _,
        } = settings;
        assert_eq!((u64::from(cores), seed, heap_words_max, stack_words_max), (40, 48, 7, 8));
        assert_eq!((reductions_max, mailbox_messages_max, mailbox_bytes_max), (72, 80, 88));
        assert_eq!((actors_max, output_characters_max, world_bytes_max), (96, 104, 112));
    }

    #[test]
    fn options_turn_the_defaults_into_the_settings() {
        let mut wanted = Settings::default();
        for (place, limit) in LIMITS.iter().enumerate() {
            (limit.set)(&mut wanted, 3 + place as u64 * 1024);
        }
        wanted.cores = 2;
        let mut settings = Settings::default();
        for option in options_of(&wanted) {
            let (name, value) = option.split_once(' ').expect("a name and a value");
            let limit = Limit::named(name.trim_start_matches("--")).expect("it is in the table");
            assert_eq!(limit.apply(&mut settings, value), Ok(()), "{option}");
        }
        assert_eq!(settings, wanted);
        assert!(options_of(&Settings::default()).is_empty());
    }

    #[test]
    fn a_value_out_of_range_says_what_was_expected() {
        let cores = Limit::named("cores").expect("it is in the table");
        let error = cores.apply(&mut Settings::default(), "65");
        assert_eq!(error, Err("--cores expects a whole number from 0 to 64, not `65`".to_string()));
    }
}

//! The share link: a program with its settings and breakpoints as the part of a URL after `#`.
//!
//! The text is `v1.` and base64url of: CRC-32 of what follows (4 bytes, little endian), then raw deflate of the
//! postcard form of the frozen types in [`v1`].
//!
//! 1. The types in [`v1`] never change; a new field goes to `extras`, a new layout gets a new version. Links of
//!    every version open for ever (`tests/links`).
//! 2. Decoding never panics and never unpacks more than [`UNPACKED_BYTES_MAX`].
//! 3. `encode(decode(text)) == text` for every text that `encode` made.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

use crate::{Breakpoint, Settings, SourceText, Speed};

/// Version that [`encode_link`] writes.
pub const LINK_VERSION: u32 = 1;
/// Most bytes that a link may unpack to.
pub const UNPACKED_BYTES_MAX: usize = 8 << 20;
/// Most characters of a link that are looked at.
pub const LINK_CHARACTERS_MAX: usize = 12 << 20;
/// Effort of the compressor, 0 to 10: all of it for what people share, little for what would hold up the page.
const DEFLATE_LEVEL: u8 = 10;
const DEFLATE_LEVEL_LARGE: u8 = 1;
/// Bytes from which on a program counts as large.
const LARGE_BYTES: usize = 256 << 10;
/// Bytes of the checksum in front of the compressed part.
const CHECKSUM_BYTES: usize = 4;

/// What a link carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkContents {
    /// Source texts; the first is the main program.
    pub files: Vec<SourceText>,
    /// Limits, cores, seed.
    pub settings: Settings,
    /// How fast it runs.
    pub speed: Speed,
    /// Breakpoints.
    pub breakpoints: Vec<Breakpoint>,
    /// What later releases may add by name; kept when unknown.
    pub extras: Vec<(String, Vec<u8>)>,
}

/// Why a link does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// No version in front.
    #[error("this is not a Physics World link: it does not begin with a version such as `v1.`")]
    NotALink,
    /// Made by a later release.
    #[error(
        "the link was made by a newer release: it has version {found}, and this release opens versions up to {LINK_VERSION}. Reload to get the newest release"
    )]
    Newer {
        /// The link's version.
        found: u32,
    },
    /// Characters are missing or were changed on the way.
    #[error("the link is damaged: {what}. It was probably cut or changed on its way; ask for it again")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// Unpacks to more than [`UNPACKED_BYTES_MAX`].
    #[error("the link unpacks to more than {} MiB, which is the most that is opened", UNPACKED_BYTES_MAX >> 20)]
    TooLarge,
}

/// The link's text, to go after `#`.
///
/// O(n) in the size of the sources.
#[must_use]
pub fn encode_link(contents: &LinkContents) -> String {
    let frozen = v1::Link::from(contents);
    // Postcard fails only when a sequence has no length; all of ours have one.
    let packed = postcard::to_allocvec(&frozen).unwrap_or_default();
    let level = if packed.len() < LARGE_BYTES { DEFLATE_LEVEL } else { DEFLATE_LEVEL_LARGE };
    let deflated = compress_to_vec(&packed, level);
    let mut bytes = Vec::with_capacity(CHECKSUM_BYTES + deflated.len());
    bytes.extend_from_slice(&crc32(&deflated).to_le_bytes());
    bytes.extend_from_slice(&deflated);
    let mut text = format!("v{LINK_VERSION}.");
    base64url_encode(&bytes, &mut text);
    text
}

/// What a link carries; accepts a whole URL, the part after `#`, or that part with the `#`.
///
/// # Errors
/// [`LinkError`], which says what to do.
pub fn decode_link(text: &str) -> Result<LinkContents, LinkError> {
    let text = text.trim();
    let text = text.rsplit_once('#').map_or(text, |(_, fragment)| fragment);
    if text.len() > LINK_CHARACTERS_MAX {
        return Err(LinkError::TooLarge);
    }
    let (version, body) =
        text.strip_prefix('v').and_then(|rest| rest.split_once('.')).ok_or(LinkError::NotALink)?;
    if version.is_empty() || version.len() > 9 || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(LinkError::NotALink);
    }
    match version.parse::<u32>() {
        Ok(1) => decode_v1(body),
        Ok(0) | Err(_) => Err(LinkError::NotALink),
        Ok(found) => Err(LinkError::Newer { found }),
    }
}

fn decode_v1(body: &str) -> Result<LinkContents, LinkError> {
    let bytes =
        base64url_decode(body).ok_or(LinkError::Damaged { what: "a character does not belong in it" })?;
    if bytes.len() < CHECKSUM_BYTES {
        return Err(LinkError::Damaged { what: "it is too short" });
    }
    let (sum, deflated) = bytes.split_at(CHECKSUM_BYTES);
    if crc32(deflated).to_le_bytes() != sum {
        return Err(LinkError::Damaged { what: "its checksum does not fit" });
    }
    let packed =
        decompress_to_vec_with_limit(deflated, UNPACKED_BYTES_MAX).map_err(|error| match error.status {
            TINFLStatus::HasMoreOutput => LinkError::TooLarge,
            _ => LinkError::Damaged { what: "its contents cannot be unpacked" },
        })?;
    let (frozen, rest) = postcard::take_from_bytes::<v1::Link>(&packed)
        .map_err(|_| LinkError::Damaged { what: "its contents cannot be read" })?;
    if !rest.is_empty() {
        return Err(LinkError::Damaged { what: "it carries more than it should" });
    }
    Ok(LinkContents::from(frozen))
}

/// CRC-32 as in IEEE 802.3.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn base64url_encode(bytes: &[u8], text: &mut String) {
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0u32, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            text.push(char::from(ALPHABET[(group >> (18 - 6 * place) & 63) as usize]));
        }
    }
}

/// `None` when a character or the length does not fit, or unused bits are set.
fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0u32;
        for &character in chunk {
            let digit = match character {
                b'A'..=b'Z' => character - b'A',
                b'a'..=b'z' => character - b'a' + 26,
                b'0'..=b'9' => character - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return None,
            };
            group = group << 6 | u32::from(digit);
        }
        let taken = match chunk.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        group <<= 6 * (4 - chunk.len());
        if group & ((1 << (8 * (3 - taken))) - 1) != 0 {
            return None;
        }
        bytes.extend_from_slice(&group.to_be_bytes()[1..=taken]);
    }
    Some(bytes)
}

/// Version 1, frozen.
mod v1 {
    use serde::{Deserialize, Serialize};

    use super::LinkContents;
    use crate::{
        Breakpoint, BreakpointAt, CollectorMethod, CollectorSettings, CollectorStress, Settings, SourceText,
        Speed,
    };

    #[derive(Serialize, Deserialize)]
    pub(super) struct Link {
        files: Vec<(String, String)>,
        /// `None` is [`default_limits`].
        limits: Option<Limits>,
        reductions_per_second: Option<u32>,
        /// File, line from 1, enabled.
        breakpoints: Vec<(String, u32, bool)>,
        extras: Vec<(String, Vec<u8>)>,
    }

    #[derive(PartialEq, Eq, Serialize, Deserialize)]
    struct Limits {
        cores: u16,
        seed: u64,
        heap_words_max: u64,
        stack_words_max: u64,
        reductions_max: u64,
        mailbox_messages_max: u64,
        mailbox_bytes_max: u64,
        actors_max: u64,
        output_characters_max: u64,
        world_bytes_max: u64,
    }

    /// The defaults on the day version 1 was made; they stay when [`Settings::default`] moves.
    fn default_limits() -> Limits {
        Limits {
            cores: 0,
            seed: 1,
            heap_words_max: 32 << 20,
            stack_words_max: 16 << 20,
            reductions_max: 0,
            mailbox_messages_max: 1 << 20,
            mailbox_bytes_max: 128 << 20,
            actors_max: 1 << 18,
            output_characters_max: 1 << 20,
            world_bytes_max: 0,
        }
    }

    /// Name of the extra with the collector's settings; it is the last one.
    const COLLECTOR: &str = "collector";

    /// Settings of the collector, frozen.
    #[derive(Serialize, Deserialize)]
    struct Collector {
        copies: bool,
        is_generational: bool,
        is_incremental: bool,
        promotion_age: u8,
        nursery_words_max: u32,
        growth_percent: u16,
        threshold_words: u32,
        threshold_objects: u32,
        compact_percent: u8,
        mark_rate: u8,
        soft_percent: u8,
        is_on: bool,
        /// 0 none, else one more than its place in [`STRESSES`].
        stress: u8,
    }

    const STRESSES: [CollectorStress; 4] =
        [CollectorStress::Mixed, CollectorStress::Minor, CollectorStress::Major, CollectorStress::Compact];

    /// Nothing for the defaults, so that most links are short.
    fn collector_extra(settings: CollectorSettings) -> Option<(String, Vec<u8>)> {
        if (CollectorSettings { tracks_sites: false, ..settings }) == CollectorSettings::default() {
            return None;
        }
        let stress = STRESSES.iter().position(|stress| Some(*stress) == settings.stress);
        let frozen = Collector {
            copies: settings.method == CollectorMethod::Copy,
            is_generational: settings.is_generational,
            is_incremental: settings.is_incremental,
            promotion_age: settings.promotion_age,
            nursery_words_max: settings.nursery_words_max,
            growth_percent: settings.growth_percent,
            threshold_words: settings.threshold_words,
            threshold_objects: settings.threshold_objects,
            compact_percent: settings.compact_percent,
            mark_rate: settings.mark_rate,
            soft_percent: settings.soft_percent,
            is_on: settings.is_on,
            stress: stress.map_or(0, |place| place as u8 + 1),
        };
        Some((COLLECTOR.to_string(), postcard::to_allocvec(&frozen).unwrap_or_default()))
    }

    /// `None` if it is something else, or made by a release that knew more.
    fn read_collector_extra((name, bytes): &(String, Vec<u8>)) -> Option<CollectorSettings> {
        if name != COLLECTOR {
            return None;
        }
        let (frozen, rest) = postcard::take_from_bytes::<Collector>(bytes).ok()?;
        let stress = match frozen.stress {
            0 => None,
            number => Some(*STRESSES.get(usize::from(number) - 1)?),
        };
        let settings = CollectorSettings {
            method: if frozen.copies { CollectorMethod::Copy } else { CollectorMethod::MarkSweep },
            is_generational: frozen.is_generational,
            is_incremental: frozen.is_incremental,
            promotion_age: frozen.promotion_age,
            nursery_words_max: frozen.nursery_words_max,
            growth_percent: frozen.growth_percent,
            threshold_words: frozen.threshold_words,
            threshold_objects: frozen.threshold_objects,
            compact_percent: frozen.compact_percent,
            mark_rate: frozen.mark_rate,
            soft_percent: frozen.soft_percent,
            is_on: frozen.is_on,
            stress,
            tracks_sites: false,
        };
        rest.is_empty().then_some(settings)
    }

    /// Name of the extra that says that sites are tracked, and what it holds; it comes before [`COLLECTOR`], so that releases
    /// that do not know it find that one.
    const SITES: &str = "sites";
    const SITES_TRACKED: &[u8] = &[1];

    /// Name of the extra with the breakpoints that are more than a line; it comes before [`SITES`].
    const BREAKPOINTS: &str = "breakpoints";

    /// A breakpoint, frozen: its place as people read it, enabled, condition, after, log.
    type Frozen = (String, bool, String, u32, String);

    fn is_plain(point: &Breakpoint) -> bool {
        point.line().is_some() && point.condition.is_empty() && point.after == 0 && point.log.is_empty()
    }

    fn breakpoints_extra(points: &[Breakpoint]) -> Option<(String, Vec<u8>)> {
        let others: Vec<Frozen> = points
            .iter()
            .filter(|point| !is_plain(point))
            .map(|point| {
                let (condition, log) = (point.condition.clone(), point.log.clone());
                (point.at.text(), point.enabled, condition, point.after, log)
            })
            .collect();
        let bytes = (!others.is_empty()).then(|| postcard::to_allocvec(&others).unwrap_or_default())?;
        Some((BREAKPOINTS.to_string(), bytes))
    }

    /// `None` if it is something else, or made by a release that knew more.
    fn read_breakpoints_extra((name, bytes): &(String, Vec<u8>)) -> Option<Vec<Breakpoint>> {
        if name != BREAKPOINTS {
            return None;
        }
        let (frozen, rest) = postcard::take_from_bytes::<Vec<Frozen>>(bytes).ok()?;
        let points = frozen.into_iter().map(|(at, enabled, condition, after, log)| {
            let at = BreakpointAt::parse(&at)?;
            Some(Breakpoint { at, enabled, condition, after, log })
        });
        points.collect::<Option<Vec<_>>>().filter(|points| rest.is_empty() && !points.iter().any(is_plain))
    }

    impl From<&LinkContents> for Link {
        fn from(contents: &LinkContents) -> Self {
            let settings = &contents.settings;
            let limits = Limits {
                cores: settings.cores,
                seed: settings.seed,
                heap_words_max: settings.heap_words_max,
                stack_words_max: settings.stack_words_max,
                reductions_max: settings.reductions_max,
                mailbox_messages_max: settings.mailbox_messages_max,
                mailbox_bytes_max: settings.mailbox_bytes_max,
                actors_max: settings.actors_max,
                output_characters_max: settings.output_characters_max,
                world_bytes_max: settings.world_bytes_max,
            };
            let sites = (SITES.to_string(), SITES_TRACKED.to_vec());
            let sites = settings.collector.tracks_sites.then_some(sites);
            let collector = collector_extra(settings.collector);
            let plain = contents.breakpoints.iter().filter(|point| is_plain(point));
            let others = breakpoints_extra(&contents.breakpoints);
            Link {
                files: contents.files.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
                limits: (limits != default_limits()).then_some(limits),
                reductions_per_second: match contents.speed {
                    Speed::Full => None,
                    Speed::ReductionsPerSecond(rate) => Some(rate),
                },
                breakpoints: plain
                    .filter_map(|point| {
                        let (file, line) = point.line()?;
                        Some((file.to_string(), line, point.enabled))
                    })
                    .collect(),
                extras: contents.extras.iter().cloned().chain(others).chain(sites).chain(collector).collect(),
            }
        }
    }

    impl From<Link> for LinkContents {
        fn from(mut link: Link) -> Self {
            let collector = link.extras.last().and_then(read_collector_extra);
            if collector.is_some() {
                link.extras.pop();
            }
            let tracks_sites =
                link.extras.last().is_some_and(|(name, held)| name == SITES && held == SITES_TRACKED);
            if tracks_sites {
                link.extras.pop();
            }
            let others = link.extras.last().and_then(read_breakpoints_extra);
            if others.is_some() {
                link.extras.pop();
            }
            let collector = CollectorSettings { tracks_sites, ..collector.unwrap_or_default() };
            let limits = link.limits.unwrap_or_else(default_limits);
            LinkContents {
                files: link.files.into_iter().map(|(name, text)| SourceText { name, text }).collect(),
                settings: Settings {
                    cores: limits.cores,
                    seed: limits.seed,
                    heap_words_max: limits.heap_words_max,
                    stack_words_max: limits.stack_words_max,
                    reductions_max: limits.reductions_max,
                    mailbox_messages_max: limits.mailbox_messages_max,
                    mailbox_bytes_max: limits.mailbox_bytes_max,
                    actors_max: limits.actors_max,
                    output_characters_max: limits.output_characters_max,
                    world_bytes_max: limits.world_bytes_max,
                    collector,
                },
                speed: link.reductions_per_second.map_or(Speed::Full, Speed::ReductionsPerSecond),
                breakpoints: link
                    .breakpoints
                    .into_iter()
                    .map(|(file, line, enabled)| Breakpoint::on_line(file, line, enabled))
                    .chain(others.unwrap_or_default())
                    .collect(),
                extras: link.extras,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{BreakpointAt, CollectorMethod, CollectorSettings, CollectorStress};

    fn sample() -> LinkContents {
        LinkContents {
            files: vec![SourceText { name: "main.scm".into(), text: "(display \"héllo\")\n".into() }],
            settings: Settings { cores: 2, seed: 42, ..Settings::default() },
            speed: Speed::ReductionsPerSecond(1000),
            breakpoints: vec![
                Breakpoint::on_line("main.scm", 1, true),
                Breakpoint { condition: "(> n 2)".into(), ..Breakpoint::on_line("main.scm", 2, true) },
                Breakpoint {
                    log: "n is {n}".into(),
                    ..Breakpoint::new(BreakpointAt::Procedure("a b".into()))
                },
                Breakpoint { after: 3, ..Breakpoint::new(BreakpointAt::Uncaught) },
            ],
            extras: Vec::new(),
        }
    }

    #[test]
    fn a_link_opens_from_a_whole_address_too() {
        let text = encode_link(&sample());
        assert_eq!(decode_link(&format!("https://example.org/page/?x=1#{text}")), Ok(sample()));
        assert_eq!(decode_link(&format!(" #{text}\n")), Ok(sample()));
    }

    #[test]
    fn a_newer_link_names_its_version() {
        assert_eq!(decode_link("v2.AAAA"), Err(LinkError::Newer { found: 2 }));
        assert_eq!(decode_link("v999999999.AAAA"), Err(LinkError::Newer { found: 999_999_999 }));
    }

    #[test]
    fn other_texts_are_not_links() {
        for text in ["", "#", "hello", "v.", "v0.AAAA", "vx.AAAA", "v1", "v99999999999999999999.A"] {
            assert_eq!(decode_link(text), Err(LinkError::NotALink), "{text:?}");
        }
    }

    #[test]
    fn every_cut_of_a_link_is_reported_as_damage() {
        let text = encode_link(&sample());
        for end in 3..text.len() {
            assert!(matches!(decode_link(&text[..end]), Err(LinkError::Damaged { .. })), "cut at {end}");
        }
    }

    #[test]
    fn a_small_link_that_unpacks_to_much_is_refused() {
        let mut contents = sample();
        contents.files[0].text = "a".repeat(UNPACKED_BYTES_MAX);
        let text = encode_link(&contents);
        assert!(text.len() < 100_000);
        assert_eq!(decode_link(&text), Err(LinkError::TooLarge));
    }

    #[test]
    fn a_crc_has_the_standard_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    /// Copies, on, generational, with sites, numbers, stress.
    type Collector = (bool, bool, bool, bool, u32, u8, usize);

    fn collector_of(
        (copies, is_on, is_generational, tracks_sites, number, small, stress): Collector,
    ) -> CollectorSettings {
        let stresses = [
            CollectorStress::Mixed,
            CollectorStress::Minor,
            CollectorStress::Major,
            CollectorStress::Compact,
        ];
        CollectorSettings {
            method: if copies { CollectorMethod::Copy } else { CollectorMethod::MarkSweep },
            is_on,
            is_generational,
            nursery_words_max: number,
            compact_percent: small,
            stress: stresses.get(stress).copied(),
            tracks_sites,
            ..CollectorSettings::default()
        }
    }

    #[test]
    fn settings_of_the_collector_travel_and_the_defaults_cost_nothing() {
        let plain = encode_link(&sample());
        let mut contents = sample();
        contents.settings.collector.growth_percent = 150;
        let text = encode_link(&contents);
        assert!(plain.len() < text.len());
        assert_eq!(decode_link(&text), Ok(contents));
        // Sites are told in front of it, so that releases that do not know them find it where they look.
        let mut tracked = sample();
        tracked.settings.collector.tracks_sites = true;
        assert_eq!(decode_link(&encode_link(&tracked)), Ok(tracked.clone()));
        tracked.settings.collector.growth_percent = 150;
        assert_eq!(decode_link(&encode_link(&tracked)), Ok(tracked));
        // What a later release has written there is kept as it is.
        let mut newer = sample();
        newer.extras.push(("collector".into(), vec![1; 40]));
        assert_eq!(decode_link(&encode_link(&newer)), Ok(newer));
    }

    fn contents() -> impl Strategy<Value = LinkContents> {
        let files = prop::collection::vec(("[a-z]{1,8}\\.scm", "\\PC{0,200}"), 0..4);
        let points = prop::collection::vec(("[a-z]{1,8}\\.scm", any::<u32>(), any::<bool>()), 0..5);
        let extras = prop::collection::vec(("[a-z]{1,8}", prop::collection::vec(any::<u8>(), 0..20)), 0..2);
        let (flag, small) = (any::<bool>, any::<u8>());
        let collector = (flag(), flag(), flag(), flag(), any::<u32>(), small, 0usize..5);
        let numbers = (any::<u16>(), any::<u64>(), any::<u64>(), any::<Option<u32>>());
        (files, points, extras, collector, numbers).prop_map(
            |(files, points, extras, collector, (cores, seed, heap_words_max, rate))| LinkContents {
                files: files.into_iter().map(|(name, text)| SourceText { name, text }).collect(),
                settings: Settings {
                    cores,
                    seed,
                    heap_words_max,
                    collector: collector_of(collector),
                    ..Settings::default()
                },
                speed: rate.map_or(Speed::Full, Speed::ReductionsPerSecond),
                breakpoints: points
                    .into_iter()
                    .map(|(file, line, enabled)| Breakpoint::on_line(file, line, enabled))
                    .collect(),
                extras,
            },
        )
    }

    proptest! {
        #[test]
        fn a_link_opens_to_what_it_was_made_from(contents in contents()) {
            let text = encode_link(&contents);
            let opened = decode_link(&text).unwrap();
            prop_assert_eq!(&opened, &contents);
            prop_assert_eq!(encode_link(&opened), text);
        }

        #[test]
        fn a_changed_character_is_noticed(contents in contents(), place in any::<prop::sample::Index>(), to in 0usize..64) {
            let mut text = encode_link(&contents).into_bytes();
            let place = 3 + place.index(text.len() - 3);
            prop_assume!(text[place] != ALPHABET[to]);
            text[place] = ALPHABET[to];
            let text = String::from_utf8(text).unwrap();
            let damaged = matches!(decode_link(&text), Err(LinkError::Damaged { .. }));
            prop_assert!(damaged);
        }

        #[test]
        fn any_text_is_answered_without_a_panic(text in "\\PC*", body in "v1\\.[A-Za-z0-9_-]{0,300}") {
            let _ = decode_link(&text);
            prop_assert!(decode_link(&body).is_err());
        }
    }
}

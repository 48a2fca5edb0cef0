//! The arena: value words, object headers, one heap per actor, and its collector.
//!
//! A heap belongs to one actor and is touched by one thread at a time. What several actors may refer to (literals,
//! procedures of a program) lives in a [`SharedHeap`], is immutable, and is never entered by a collector. Values cross
//! from heap to heap only as a [`Message`], a flat copy; large immutable bytes can be shared by count.
//!
//! Unsafe code is confined to this crate's modules and the VM's dispatch loop; each module lists the invariants that its
//! unsafe blocks cite.

mod blob;
mod budget;
mod census;
mod collect;
mod cycle;
mod error;
mod evacuate;
mod graph;
mod header;
mod heap;
mod image;
mod mark;
mod message;
mod nursery;
mod object;
mod old;
mod picture;
mod pinned;
mod places;
mod policy;
mod pool;
mod shared;
mod sites;
mod statistics;
mod value;
mod walk;
mod weak;
mod words;

pub use budget::{Budget, Holding};
pub use census::{HeapStatistics, SpaceStatistics, Tally};
pub use collect::{Roots, Visitor};
pub use cycle::{CollectorStep, DefragmentationResult};
pub use error::HeapError;
pub use graph::{Amount, Dominators, Edges, GraphRoot, HeapGraph, Leaks, Path};
pub use header::{Header, IDENTITY_MAX, OBJECT_WORDS_MAX, ObjectTag};
pub use heap::{Heap, HeapSettings, LARGE_WORDS, NURSERY_WORDS_MAX, NURSERY_WORDS_MIN};
pub use image::{Image, ImageError, ImagePart, ImageRoot, ImageSite, Resolver, Surroundings};
pub use mark::Phase;
pub use message::{Message, MessageError};
pub use object::{bytevector_words, init_string, init_symbol, string_words, symbol_words, text_hash};
pub use picture::{ChunkHead, ChunkId, ChunkPicture, Colour, PictureCell, PictureReader, Portion};
pub use pinned::{Root, RootId};
pub use places::{Place, Places, TooManyObjects};
pub use policy::{Method, NURSERY_WORDS_RANGE, Policy, Stress};
pub use pool::{PoolStatistics, pool_statistics};
pub use shared::SharedHeap;
pub use sites::{NotedRoom, SITE_UNKNOWN};
pub use statistics::{Cause, Collection, HeapTotals, Kind, PauseHistogram};
pub use value::Value;
pub use walk::{Invalid, Space};
pub use weak::GuardiansFull;
pub use words::{WordHasher, WordMap, WordSet};

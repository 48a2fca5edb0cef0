//! Registered names. A name leads to a live actor or to nothing.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::Address;

/// The name belongs to another live actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameTaken(pub Address);

#[derive(Default)]
pub(crate) struct Names {
    table: RwLock<HashMap<Box<str>, Address>>,
}

impl Names {
    /// Gives a name to an actor, unless `is_live` says that its present owner still lives.
    pub(crate) fn register(
        &self,
        name: &str,
        address: Address,
        is_live: impl Fn(Address) -> bool,
    ) -> Result<(), NameTaken> {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        match table.get(name) {
            Some(&owner) if owner != address && is_live(owner) => Err(NameTaken(owner)),
            _ => {
                table.insert(name.into(), address);
                Ok(())
            }
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<Address> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    pub(crate) fn remove(&self, name: &str) -> bool {
        self.table.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some()
    }

    pub(crate) fn remove_all_of(&self, address: Address) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).retain(|_, owner| *owner != address);
    }

    pub(crate) fn all(&self) -> Vec<(Box<str>, Address)> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.iter().map(|(name, address)| (name.clone(), *address)).collect()
    }
}

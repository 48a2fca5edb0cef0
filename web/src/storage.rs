//! Files that stay in this browser: one entry of a folder in the origin private file system for each.
//!
//! 1. An entry's name is the file's path, encoded as in an address, so that any path is one name.
//! 2. Nothing here knows what a file is for; errors are texts for people.

use js_sys::{Array, AsyncIterator, Reflect, Uint8Array, decode_uri_component, encode_uri_component};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemGetDirectoryOptions,
    FileSystemGetFileOptions, FileSystemWritableFileStream,
};

/// The folder.
const FOLDER: &str = "physics-world-files";

/// The folder with the files.
pub struct Storage(FileSystemDirectoryHandle);

impl Storage {
    /// Opens the folder, which is made if there is none.
    ///
    /// # Errors
    /// Why this browser keeps no files.
    pub async fn open() -> Result<Storage, JsValue> {
        let navigator = web_sys::window().ok_or("there is no window")?.navigator();
        // Where the page is not served securely there is no such thing, whatever the type says.
        let manager = Reflect::get(&navigator, &"storage".into())?;
        if manager.is_undefined() {
            return Err("the page is not served securely".into());
        }
        let root: FileSystemDirectoryHandle =
            JsFuture::from(navigator.storage().get_directory()).await?.unchecked_into();
        let options = FileSystemGetDirectoryOptions::new();
        options.set_create(true);
        let folder = JsFuture::from(root.get_directory_handle_with_options(FOLDER, &options)).await?;
        Ok(Storage(folder.unchecked_into()))
    }

    /// Path and contents of every file.
    ///
    /// # Errors
    /// Why one cannot be read.
    pub async fn load(&self) -> Result<Vec<(String, Vec<u8>)>, JsValue> {
        let entries: AsyncIterator = self.0.entries();
        let mut files = Vec::new();
        loop {
            let step = JsFuture::from(entries.next()?).await?;
            if Reflect::get(&step, &"done".into())?.is_truthy() {
                return Ok(files);
            }
            let entry: Array = Reflect::get(&step, &"value".into())?.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            let Ok(handle) = entry.get(1).dyn_into::<FileSystemFileHandle>() else { continue };
            let file: File = JsFuture::from(handle.get_file()).await?.unchecked_into();
            let bytes = Uint8Array::new(&JsFuture::from(file.array_buffer()).await?).to_vec();
            files.push((String::from(decode_uri_component(&name)?), bytes));
        }
    }

    /// Keeps a file.
    ///
    /// # Errors
    /// Why it cannot be kept; what was kept before is still there.
    pub async fn save(&self, path: &str, contents: &[u8]) -> Result<(), JsValue> {
        let options = FileSystemGetFileOptions::new();
        options.set_create(true);
        let handle = JsFuture::from(self.0.get_file_handle_with_options(&entry_name(path), &options)).await?;
        let handle: FileSystemFileHandle = handle.unchecked_into();
        let stream: FileSystemWritableFileStream =
            JsFuture::from(handle.create_writable()).await?.unchecked_into();
        JsFuture::from(stream.write_with_js_u8_array(&Uint8Array::from(contents))?).await?;
        // Until it is closed, the file is what it was.
        JsFuture::from(stream.close()).await?;
        Ok(())
    }

    /// Forgets a file.
    ///
    /// # Errors
    /// Why it cannot be forgotten.
    pub async fn remove(&self, path: &str) -> Result<(), JsValue> {
        JsFuture::from(self.0.remove_entry(&entry_name(path))).await.map(drop)
    }
}

fn entry_name(path: &str) -> String {
    encode_uri_component(path).into()
}

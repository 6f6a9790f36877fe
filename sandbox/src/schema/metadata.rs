//! What the schemas leave open.

/// An object whose members the document leaves open.
pub type Metadata = serde_json::Map<String, serde_json::Value>;

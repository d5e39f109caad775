//! Values of a host: data of any type of Rust, which a script holds and passes on.

use super::{FromValue, Opaque, Value, ValueError};
use std::any::{Any, TypeId};
use std::sync::Arc;

/// The data of a host's value. Another type than that of any value of the engine.
struct HostData<T> {
    data: Arc<T>,
}

impl Value {
    /// Creates a value that holds data of the host. A script can keep it, pass it to functions of the host, and call the
    /// methods that the host has added for its type by [`EngineBuilder::method`](crate::EngineBuilder::method). Copies
    /// are the same data, which is dropped with the last of them. Two such values are equal if they are the same one.
    ///
    /// ```
    /// use pipewright::{Engine, Value};
    /// use std::sync::Arc;
    ///
    /// struct Connection { host: String }
    ///
    /// let engine = Engine::builder()
    ///     .function("connect", |host: String| Value::host(Connection { host }))
    ///     .function("same_host", |a: Arc<Connection>, b: Arc<Connection>| a.host == b.host)
    ///     .method("ask", |connection: &Connection, question: String| format!("{question}, {}?", connection.host))
    ///     .build()?;
    /// let text = "let db = connect('db1'); echo $[db.ask('well')] $[same_host(db, connect('db2'))]";
    /// assert_eq!(engine.session().run(&engine.script("t", text)?).read()?, "well, db1? false");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn host<T: Any + Send + Sync>(data: T) -> Self {
        let path = std::any::type_name::<T>();
        let path = path.split('<').next().unwrap_or(path);
        let name = path.rsplit(':').next().unwrap_or(path);
        // The kinds of the engine's own values are lower case.
        let kind = if name.starts_with(|first: char| first.is_uppercase()) { name } else { "value" };
        Opaque::of_host(kind, TypeId::of::<T>(), HostData { data: Arc::new(data) }).into()
    }

    /// Returns the data of a [`Value::host`], if it is a `T`.
    ///
    /// ```
    /// use pipewright::Value;
    ///
    /// struct Port(u16);
    ///
    /// let value = Value::host(Port(80));
    /// assert_eq!(value.as_host::<Port>().map(|port| port.0), Some(80));
    /// assert!(value.as_host::<u16>().is_none());
    /// assert_eq!(format!("{value:?}"), "<Port>");
    /// ```
    pub fn as_host<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.host_data::<T>().map(|data| &**data)
    }

    fn host_data<T: Any + Send + Sync>(&self) -> Option<&Arc<T>> {
        match self {
            Value::Opaque(opaque) => opaque.payload::<HostData<T>>().map(|payload| &payload.data),
            _ => None,
        }
    }

    /// Returns the type of the host's data, if it is a [`Value::host`].
    pub(crate) fn host_type(&self) -> Option<TypeId> {
        match self {
            Value::Opaque(opaque) => opaque.host_type,
            _ => None,
        }
    }
}

/// The data of a [`Value::host`], shared with the script.
impl<T: Any + Send + Sync> FromValue<'_> for Arc<T> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        let expected = std::any::type_name::<T>();
        let expected = expected.rsplit("::").next().unwrap_or(expected);
        let found = value.host_data().cloned();
        found.ok_or_else(|| ValueError::new(format!("the value is {}, not a {expected}", value.phrase())))
    }
}

#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call. `seen` is the setting afterwards.
static inline int csqlite_set_flag(sqlite3 *database, int flag, int on, int *seen) {
    return sqlite3_db_config(database, flag, on, seen);
}

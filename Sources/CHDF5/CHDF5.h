#ifndef BERT_CHDF5_H
#define BERT_CHDF5_H

#include <fcntl.h>
#include <hdf5.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// HDF5's constants are macros, which Swift cannot import: each one that is used gets a function
// here. Nothing else belongs into this file.

// These macros call H5open() first, and that changes what a call of another thread is working with
// in a library built without thread safety. So here they only read: after chdf5_start().
#undef H5OPEN
#define H5OPEN
#undef H5CHECK
#define H5CHECK

static inline hid_t chdf5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t chdf5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t chdf5_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t chdf5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t chdf5_native_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t chdf5_native_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t chdf5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t chdf5_native_int64(void) { return H5T_NATIVE_INT64; }

static inline hid_t chdf5_file_float(void) { return H5T_IEEE_F32LE; }
static inline hid_t chdf5_file_double(void) { return H5T_IEEE_F64LE; }
static inline hid_t chdf5_file_int8(void) { return H5T_STD_I8LE; }
static inline hid_t chdf5_file_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t chdf5_file_int16(void) { return H5T_STD_I16LE; }
static inline hid_t chdf5_file_uint16(void) { return H5T_STD_U16LE; }
static inline hid_t chdf5_file_int32(void) { return H5T_STD_I32LE; }
static inline hid_t chdf5_file_int64(void) { return H5T_STD_I64LE; }
static inline hid_t chdf5_c_string(void) { return H5T_C_S1; }
static inline size_t chdf5_variable_length(void) { return H5T_VARIABLE; }

static inline unsigned chdf5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned chdf5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned chdf5_exclusive(void) { return H5F_ACC_EXCL; }
static inline hid_t chdf5_default(void) { return H5P_DEFAULT; }
static inline hid_t chdf5_all(void) { return H5S_ALL; }
static inline hid_t chdf5_error_stack(void) { return H5E_DEFAULT; }
static inline hid_t chdf5_no_space(void) { return H5E_NOSPACE; }
static inline hid_t chdf5_cannot_allocate(void) { return H5E_CANTALLOC; }
static inline hsize_t chdf5_unlimited(void) { return H5S_UNLIMITED; }

static inline hid_t chdf5_file_access_class(void) { return H5P_FILE_ACCESS; }
static inline hid_t chdf5_dataset_create_class(void) { return H5P_DATASET_CREATE; }
static inline hid_t chdf5_dataset_access_class(void) { return H5P_DATASET_ACCESS; }

// H5Pset_file_locking came with 1.10.7 and 1.12.1; before that only the environment helps.
#if (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0)) || H5_VERSION_GE(1, 12, 1)
#define CHDF5_HAS_LOCKING_PROPERTY 1
#else
#define CHDF5_HAS_LOCKING_PROPERTY 0
#endif

/// Starts the library. No work at exit: handles that other threads still hold stay valid then.
static inline herr_t chdf5_start(void) {
    if (!CHDF5_HAS_LOCKING_PROPERTY) setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    H5dont_atexit();
    H5check();
    return H5open();
}

/// No file locks (they fail on NFS and Lustre) unless HDF5_USE_FILE_LOCKING says otherwise.
static inline herr_t chdf5_disable_locking(hid_t access) {
#if CHDF5_HAS_LOCKING_PROPERTY
    return H5Pset_file_locking(access, 0, 1);
#else
    (void)access;
    return 0;
#endif
}

/// No chunk is held back in memory: a write that fails, fails in H5Dwrite.
static inline herr_t chdf5_disable_chunk_cache(hid_t access) {
    return H5Pset_chunk_cache(access, 0, 0, H5D_CHUNK_CACHE_W0_DEFAULT);
}

/// The descriptor of an open file, -1 if it has none.
static inline int chdf5_descriptor(hid_t file) {
    void *descriptor = NULL;
    int found = -1;
    H5E_BEGIN_TRY {
        if (H5Fget_vfd_handle(file, H5P_DEFAULT, &descriptor) >= 0 && descriptor != NULL)
            found = *(int *)descriptor;
    } H5E_END_TRY
    return found;
}

/// Sends all further writes of a file to memory that nobody reads. After a failed
/// write the library would fail again whenever it closes something, and leave identifiers of freed
/// memory and a file that stays open; this way it closes everything, and the disk, probably full,
/// gets its room back once the file is deleted.
static inline void chdf5_divert(hid_t file) {
    int descriptor = chdf5_descriptor(file);
    if (descriptor < 0) return;
    int sink = (int)syscall(SYS_memfd_create, "failed HDF5 file", 0);
    if (sink < 0) sink = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (sink < 0) return;
    dup2(sink, descriptor);
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    close(sink);
}

/// The file of an object, without keeping it open; negative if there is none.
static inline hid_t chdf5_file_of(hid_t object) {
    hid_t file = H5Iget_file_id(object);
    if (file >= 0) H5Fclose(file);
    return file;
}

/// Writes what a dataset still has in memory, if its file is being written. H5Dclose would fail and
/// leave an identifier of freed memory behind.
static inline herr_t chdf5_flush_dataset(hid_t dataset) {
    unsigned intent = 0;
    hid_t file = H5Iget_file_id(dataset);
    herr_t found = H5Fget_intent(file, &intent);
    H5Fclose(file);
    return found >= 0 && intent & H5F_ACC_RDWR ? H5Dflush(dataset) : found;
}

/// Writes what a file still has in memory, and closes it. Negative if any of it failed; it is
/// closed all the same.
static inline herr_t chdf5_close_file(hid_t file) {
    herr_t flushed = H5Fflush(file, H5F_SCOPE_LOCAL);
    if (flushed < 0) chdf5_divert(file);
    herr_t closed = H5Fclose(file);
    return flushed < 0 ? flushed : closed;
}

/// No creation and modification times: the same content gives the same bytes.
static inline herr_t chdf5_disable_times(hid_t creation) {
    return H5Pset_obj_track_times(creation, 0);
}

/// Whether a link leads to an object of the same group hierarchy; negative: failure. (The names
/// of the function and its struct are macros that change with the library's version.)
static inline htri_t chdf5_is_hard_link(hid_t group, const char *path) {
    H5L_info_t info;
    if (H5Lget_info(group, path, &info, H5P_DEFAULT) < 0) return -1;
    return info.type == H5L_TYPE_HARD;
}

/// The automatic print of the error stack is a setting of the calling thread.
static inline void chdf5_silence(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

#endif

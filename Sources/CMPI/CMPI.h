/// What Swift needs of MPI.
///
/// MPI leaves to each implementation what a handle is (MPICH: an integer; Open MPI: a pointer) and makes most
/// constants macros that Swift cannot import. So every handle sits in a one-member struct, every constant behind an
/// inline function, and every call that takes or returns a handle behind a forwarder of the same name. Swift code
/// compiled against this header is the same source for every implementation.

#ifndef BERT_CMPI_H
#define BERT_CMPI_H

#include <mpi.h>
#include <stddef.h>

typedef struct {
    MPI_Comm handle;
} CMPIComm;

typedef struct {
    MPI_Request handle;
} CMPIRequest;

typedef struct {
    MPI_Datatype handle;
} CMPIDatatype;

typedef struct {
    MPI_Op handle;
} CMPIOp;

/// The parts of an MPI_Status that are public, and the count in elements of the type that was received.
typedef struct {
    int source;
    int tag;
    int count;
} CMPIStatus;

// Constants.

static inline int cmpi_success(void) { return MPI_SUCCESS; }
static inline int cmpi_error_count(void) { return MPI_ERR_COUNT; }
static inline int cmpi_error_truncate(void) { return MPI_ERR_TRUNCATE; }
static inline int cmpi_error_rank(void) { return MPI_ERR_RANK; }
static inline int cmpi_error_tag(void) { return MPI_ERR_TAG; }
static inline int cmpi_error_op(void) { return MPI_ERR_OP; }
static inline int cmpi_error_other(void) { return MPI_ERR_OTHER; }
static inline int cmpi_any_source(void) { return MPI_ANY_SOURCE; }
static inline int cmpi_any_tag(void) { return MPI_ANY_TAG; }
static inline int cmpi_undefined(void) { return MPI_UNDEFINED; }
static inline int cmpi_thread_funneled(void) { return MPI_THREAD_FUNNELED; }

static inline CMPIDatatype cmpi_type_float(void) { return (CMPIDatatype){MPI_FLOAT}; }
static inline CMPIDatatype cmpi_type_double(void) { return (CMPIDatatype){MPI_DOUBLE}; }
static inline CMPIDatatype cmpi_type_uint8(void) { return (CMPIDatatype){MPI_UINT8_T}; }
static inline CMPIDatatype cmpi_type_uint16(void) { return (CMPIDatatype){MPI_UINT16_T}; }
static inline CMPIDatatype cmpi_type_int32(void) { return (CMPIDatatype){MPI_INT32_T}; }
static inline CMPIDatatype cmpi_type_int64(void) { return (CMPIDatatype){MPI_INT64_T}; }

static inline CMPIOp cmpi_op_sum(void) { return (CMPIOp){MPI_SUM}; }
static inline CMPIOp cmpi_op_min(void) { return (CMPIOp){MPI_MIN}; }
static inline CMPIOp cmpi_op_max(void) { return (CMPIOp){MPI_MAX}; }
static inline CMPIOp cmpi_op_bor(void) { return (CMPIOp){MPI_BOR}; }

static inline CMPIComm cmpi_comm_world(void) { return (CMPIComm){MPI_COMM_WORLD}; }
static inline CMPIComm cmpi_comm_self(void) { return (CMPIComm){MPI_COMM_SELF}; }
static inline CMPIComm cmpi_comm_null(void) { return (CMPIComm){MPI_COMM_NULL}; }
static inline int cmpi_comm_is_null(CMPIComm comm) { return comm.handle == MPI_COMM_NULL; }
static inline CMPIRequest cmpi_request_null(void) { return (CMPIRequest){MPI_REQUEST_NULL}; }
static inline int cmpi_request_is_null(CMPIRequest request) { return request.handle == MPI_REQUEST_NULL; }

// Which implementation this header is of, and which library was loaded. Both may be asked before MPI_Init.

static inline int cmpi_is_open_mpi(void) {
#ifdef OPEN_MPI
    return 1;
#else
    return 0;
#endif
}
static inline int cmpi_is_mpich(void) {
#if defined(MPICH_VERSION) || defined(MPICH_NAME) || defined(I_MPI_VERSION) || defined(MVAPICH2_VERSION)
    return 1;
#else
    return 0;
#endif
}

/// Large enough for every implementation: the library may be another than the header's.
static inline int cmpi_max_library_version(void) { return 8192; }
static inline int cmpi_library_version(char *text, int *length) { return MPI_Get_library_version(text, length); }

// Environment. MPI_Init_thread takes no command line: MPI-2 and later allow NULL.

static inline int cmpi_init_thread(int required, int *provided) {
    return MPI_Init_thread(NULL, NULL, required, provided);
}

/// Makes calls on `comm` return their error code; MPI's default is to end the job without a word of ours.
static inline int cmpi_return_errors(CMPIComm comm) { return MPI_Comm_set_errhandler(comm.handle, MPI_ERRORS_RETURN); }

static inline int cmpi_initialized(int *flag) { return MPI_Initialized(flag); }
static inline int cmpi_finalized(int *flag) { return MPI_Finalized(flag); }
static inline int cmpi_finalize(void) { return MPI_Finalize(); }
static inline int cmpi_abort(CMPIComm comm, int code) { return MPI_Abort(comm.handle, code); }
static inline int cmpi_error_class(int code, int *error_class) { return MPI_Error_class(code, error_class); }

static inline int cmpi_max_error_string(void) { return MPI_MAX_ERROR_STRING; }
static inline int cmpi_error_string(int code, char *text, int *length) {
    return MPI_Error_string(code, text, length);
}

static inline int cmpi_max_processor_name(void) { return MPI_MAX_PROCESSOR_NAME; }
static inline int cmpi_processor_name(char *text, int *length) {
    return MPI_Get_processor_name(text, length);
}

// Communicators.

static inline int cmpi_comm_rank(CMPIComm comm, int *rank) { return MPI_Comm_rank(comm.handle, rank); }
static inline int cmpi_comm_size(CMPIComm comm, int *size) { return MPI_Comm_size(comm.handle, size); }
static inline int cmpi_comm_dup(CMPIComm comm, CMPIComm *copy) {
    return MPI_Comm_dup(comm.handle, &copy->handle);
}
static inline int cmpi_comm_split(CMPIComm comm, int color, int key, CMPIComm *part) {
    return MPI_Comm_split(comm.handle, color, key, &part->handle);
}
static inline int cmpi_comm_split_shared(CMPIComm comm, int key, CMPIComm *part) {
    return MPI_Comm_split_type(comm.handle, MPI_COMM_TYPE_SHARED, key, MPI_INFO_NULL, &part->handle);
}
static inline int cmpi_comm_free(CMPIComm *comm) { return MPI_Comm_free(&comm->handle); }

/// The largest tag that a message on `comm` may carry; MPI promises at least 32767.
static inline int cmpi_tag_upper_bound(CMPIComm comm) {
    int *value = NULL, found = 0;
    if (MPI_Comm_get_attr(comm.handle, MPI_TAG_UB, &value, &found) != MPI_SUCCESS || !found) return 32767;
    return *value;
}

// Messages.

static inline int cmpi_isend(const void *data, int count, CMPIDatatype type, int destination, int tag,
                             CMPIComm comm, CMPIRequest *request) {
    return MPI_Isend(data, count, type.handle, destination, tag, comm.handle, &request->handle);
}
static inline int cmpi_irecv(void *data, int count, CMPIDatatype type, int source, int tag, CMPIComm comm,
                             CMPIRequest *request) {
    return MPI_Irecv(data, count, type.handle, source, tag, comm.handle, &request->handle);
}

/// Copies the public part of a status, with the count in elements of `type` (MPI_UNDEFINED if not whole).
static inline int cmpi_read_status(MPI_Status *from, CMPIDatatype type, CMPIStatus *to) {
    to->source = from->MPI_SOURCE;
    to->tag = from->MPI_TAG;
    return MPI_Get_count(from, type.handle, &to->count);
}

/// MPI_Test of a message. The status is read only once the request is complete.
static inline int cmpi_test(CMPIRequest *request, CMPIDatatype type, int *flag,
                            CMPIStatus *status) {
    MPI_Status full;
    int code = MPI_Test(&request->handle, flag, &full);
    if (code != MPI_SUCCESS || !*flag) return code;
    return cmpi_read_status(&full, type, status);
}

/// MPI_Test of a request whose status means nothing (a send, a collective).
static inline int cmpi_test_ignoring_status(CMPIRequest *request, int *flag) {
    return MPI_Test(&request->handle, flag, MPI_STATUS_IGNORE);
}
static inline int cmpi_cancel(CMPIRequest *request) { return MPI_Cancel(&request->handle); }
static inline int cmpi_request_free(CMPIRequest *request) { return MPI_Request_free(&request->handle); }

static inline int cmpi_iprobe(int source, int tag, CMPIComm comm, CMPIDatatype type, int *flag,
                              CMPIStatus *status) {
    MPI_Status full;
    int code = MPI_Iprobe(source, tag, comm.handle, flag, &full);
    if (code != MPI_SUCCESS || !*flag) return code;
    return cmpi_read_status(&full, type, status);
}

// Collectives, nonblocking: the caller polls, so that it can give way to others while it waits.

static inline int cmpi_ibarrier(CMPIComm comm, CMPIRequest *request) {
    return MPI_Ibarrier(comm.handle, &request->handle);
}
static inline int cmpi_ibcast(void *data, int count, CMPIDatatype type, int root, CMPIComm comm,
                              CMPIRequest *request) {
    return MPI_Ibcast(data, count, type.handle, root, comm.handle, &request->handle);
}
static inline int cmpi_iallreduce_in_place(void *data, int count, CMPIDatatype type, CMPIOp op,
                                           CMPIComm comm, CMPIRequest *request) {
    return MPI_Iallreduce(MPI_IN_PLACE, data, count, type.handle, op.handle, comm.handle, &request->handle);
}
static inline int cmpi_iallgather(const void *data, int count, CMPIDatatype type, void *all,
                                  CMPIComm comm, CMPIRequest *request) {
    return MPI_Iallgather(data, count, type.handle, all, count, type.handle, comm.handle, &request->handle);
}
static inline int cmpi_iallgatherv(const void *data, int count, CMPIDatatype type, void *all,
                                   const int *counts, const int *offsets, CMPIComm comm,
                                   CMPIRequest *request) {
    return MPI_Iallgatherv(data, count, type.handle, all, counts, offsets, type.handle, comm.handle,
                           &request->handle);
}

/// The library's own blocking all-reduce: the reference to test and time against.
static inline int cmpi_allreduce_in_place(void *data, int count, CMPIDatatype type, CMPIOp op,
                                          CMPIComm comm) {
    return MPI_Allreduce(MPI_IN_PLACE, data, count, type.handle, op.handle, comm.handle);
}

static inline int cmpi_get_version(int *version, int *subversion) {
    return MPI_Get_version(version, subversion);
}

#endif

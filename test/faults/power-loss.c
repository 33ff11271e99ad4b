/*
 * A disk that loses its power, for one process: preloaded, it sees every write to the files of one folder and, at chosen
 * moments, leaves a picture of what a real disk might hold had the power failed there.
 *
 * What was synced is kept. What was written since the last sync of its file is kept, dropped or torn, page by page, as a
 * seeded generator says: pages reach a disk in any order. A file that was made, and a name that was removed, counts only
 * once its folder was synced; before that either may have happened.
 *
 * POWER_LOSS_DIR is the folder (no subfolders), POWER_LOSS_PICTURES where pictures go, POWER_LOSS_LEDGER a file whose
 * size is noted with each picture: what stands in it was promised before. A picture is taken before a write, a truncation
 * or a sync, about once in POWER_LOSS_EVERY of them; POWER_LOSS_MAX ends it, POWER_LOSS_SEED chooses.
 *
 * Truth stays with the kernel: calls are passed on as they are, so the process itself never notices anything.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
#define FILES_MAX 64

/* A file of the folder: what the disk surely holds of it, and which pages were written since. */
struct file {
  char name[NAME_MAX + 1];
  ino_t inode;
  int is_named;       /* the name stands in the folder now */
  int is_name_synced; /* the folder was synced since the name came */
  unsigned char *synced;
  off_t synced_size;
  unsigned char *touched; /* one byte a page */
  size_t touched_pages;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file files[FILES_MAX];
static int file_count;
static char folder[PATH_MAX], pictures[PATH_MAX], ledger[PATH_MAX];
static size_t folder_length;
static unsigned long every, pictures_max, pictures_taken;
static unsigned long long state;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_unlink)(const char *);
static int (*real_open)(const char *, int, ...);

static void join(char *to, const char *place, const char *name) {
  if (snprintf(to, PATH_MAX, "%s/%s", place, name) >= PATH_MAX) abort();
}

static void *find(const char *name) { return dlsym(RTLD_NEXT, name); }

static unsigned long number_of(const char *name, unsigned long missing) {
  const char *text = getenv(name);
  return text ? strtoul(text, NULL, 10) : missing;
}

static void copy_path(char *to, const char *variable) {
  const char *text = getenv(variable);
  snprintf(to, PATH_MAX, "%s", text ? text : "");
}

__attribute__((constructor)) static void prepare(void) {
  real_pwrite = find("pwrite64");
  real_write = find("write");
  real_ftruncate = find("ftruncate64");
  real_fsync = find("fsync");
  real_fdatasync = find("fdatasync");
  real_unlink = find("unlink");
  real_open = find("open64");
  copy_path(folder, "POWER_LOSS_DIR");
  copy_path(pictures, "POWER_LOSS_PICTURES");
  copy_path(ledger, "POWER_LOSS_LEDGER");
  folder_length = strlen(folder);
  every = number_of("POWER_LOSS_EVERY", 10);
  pictures_max = number_of("POWER_LOSS_MAX", 100);
  state = number_of("POWER_LOSS_SEED", 1) * 0x9e3779b97f4a7c15ull + 1;
}

static unsigned long draw(unsigned long below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned long)(state % below);
}

/* The name of a descriptor's file inside the folder, or 0. Wal-index and lock files are memory, not data, and the reserve holds nothing. */
static int name_of(int descriptor, char *name) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder_length == 0 || length <= (ssize_t)folder_length + 1) return 0;
  path[length] = 0;
  if (strncmp(path, folder, folder_length) != 0 || path[folder_length] != '/') return 0;
  const char *rest = path + folder_length + 1;
  if (strchr(rest, '/') || strstr(rest, "-shm") || strstr(rest, ".lock") || strstr(rest, "-reserve")) return 0;
  if (strstr(rest, " (deleted)")) return 0;
  snprintf(name, NAME_MAX + 1, "%s", rest);
  return 1;
}

static struct file *file_with(const char *name, ino_t inode) {
  for (int index = 0; index < file_count; index += 1) {
    struct file *file = &files[index];
    if (file->is_named && file->inode == inode && strcmp(file->name, name) == 0) return file;
  }
  return NULL;
}

/* What is met for the first time is on the disk as it is, unless it was made a moment ago and is empty. */
static struct file *file_of(int descriptor) {
  char name[NAME_MAX + 1];
  struct stat stats;
  if (!name_of(descriptor, name) || fstat(descriptor, &stats) != 0) return NULL;
  struct file *file = file_with(name, stats.st_ino);
  if (file) return file;
  if (file_count == FILES_MAX) abort();
  file = &files[file_count++];
  memset(file, 0, sizeof *file);
  snprintf(file->name, sizeof file->name, "%s", name);
  file->inode = stats.st_ino;
  file->is_named = 1;
  file->is_name_synced = stats.st_size > 0;
  file->synced_size = stats.st_size;
  file->synced = malloc(stats.st_size > 0 ? (size_t)stats.st_size : 1);
  if (pread(descriptor, file->synced, (size_t)stats.st_size, 0) != stats.st_size) abort();
  return file;
}

static void touch(struct file *file, off_t from, size_t size) {
  size_t first = (size_t)from / PAGE, end = ((size_t)from + size + PAGE - 1) / PAGE;
  if (end > file->touched_pages) {
    file->touched = realloc(file->touched, end);
    memset(file->touched + file->touched_pages, 0, end - file->touched_pages);
    file->touched_pages = end;
  }
  memset(file->touched + first, 1, end - first);
}

static void sync_file(struct file *file, int descriptor) {
  struct stat stats;
  if (fstat(descriptor, &stats) != 0) return;
  file->synced = realloc(file->synced, stats.st_size > 0 ? (size_t)stats.st_size : 1);
  off_t old = file->synced_size;
  file->synced_size = stats.st_size;
  for (size_t page = 0; page * PAGE < (size_t)stats.st_size; page += 1) {
    int is_touched = page < file->touched_pages && file->touched[page];
    off_t from = (off_t)(page * PAGE);
    if (!is_touched && from + PAGE <= old) continue;
    size_t size = (size_t)(stats.st_size - from) < PAGE ? (size_t)(stats.st_size - from) : PAGE;
    if (pread(descriptor, file->synced + from, size, from) != (ssize_t)size) abort();
  }
  if (file->touched_pages > 0) memset(file->touched, 0, file->touched_pages);
}

static void write_all(int descriptor, const void *bytes, size_t size, off_t at) {
  if (size > 0 && real_pwrite(descriptor, bytes, size, at) != (ssize_t)size) abort();
}

/* Each unsynced page by itself: the old content, the new one, or a part of the new one. */
static void draw_pages(struct file *file, int from, int to) {
  struct stat stats;
  if (fstat(from, &stats) != 0) abort();
  unsigned char page[PAGE];
  for (size_t index = 0; index < file->touched_pages; index += 1) {
    off_t at = (off_t)(index * PAGE);
    if (!file->touched[index] || at >= stats.st_size) continue;
    size_t size = (size_t)(stats.st_size - at) < PAGE ? (size_t)(stats.st_size - at) : PAGE;
    if (pread(from, page, size, at) != (ssize_t)size) abort();
    unsigned long fate = draw(4);
    if (fate == 0) continue;
    write_all(to, page, fate == 1 ? size * draw(8) / 8 : size, at);
  }
}

static void picture_file(struct file *file, const char *into) {
  char source[PATH_MAX], target[PATH_MAX];
  int is_there = file->is_named ? file->is_name_synced || draw(2) : !file->is_name_synced && draw(2);
  if (!is_there) return;
  join(target, into, file->name);
  int to = real_open(target, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (to < 0) abort();
  write_all(to, file->synced, (size_t)file->synced_size, 0);
  join(source, folder, file->name);
  int from = file->is_named ? real_open(source, O_RDONLY) : -1;
  if (from >= 0) {
    draw_pages(file, from, to);
    struct stat stats;
    /* A truncation that was not synced may have happened. */
    if (fstat(from, &stats) == 0 && stats.st_size < file->synced_size && draw(2) && real_ftruncate(to, stats.st_size)) abort();
    close(from);
  }
  close(to);
}

static void take_picture(void) {
  char into[PATH_MAX], note[PATH_MAX], text[32];
  struct stat stats;
  if (folder_length == 0 || stat(ledger, &stats) != 0 || stats.st_size == 0) return;
  if (pictures_taken >= pictures_max || draw(every) != 0) return;
  pictures_taken += 1;
  snprintf(text, sizeof text, "%lu", pictures_taken);
  join(into, pictures, text);
  if (mkdir(into, 0700) != 0) abort();
  for (int index = 0; index < file_count; index += 1) picture_file(&files[index], into);
  join(note, into, "promised-bytes");
  int descriptor = real_open(note, O_WRONLY | O_CREAT, 0600);
  if (descriptor < 0) abort();
  int length = snprintf(text, sizeof text, "%lld", (long long)stats.st_size);
  write_all(descriptor, text, (size_t)length, 0);
  close(descriptor);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off_t at) {
  pthread_mutex_lock(&lock);
  struct file *file = file_of(descriptor);
  if (file) {
    take_picture();
    touch(file, at, size);
  }
  ssize_t written = real_pwrite(descriptor, bytes, size, at);
  int failure = errno;
  pthread_mutex_unlock(&lock);
  errno = failure;
  return written;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
  if (folder_length == 0) return real_write(descriptor, bytes, size);
  pthread_mutex_lock(&lock);
  struct file *file = file_of(descriptor);
  if (file) {
    take_picture();
    touch(file, lseek(descriptor, 0, SEEK_CUR), size);
  }
  ssize_t written = real_write(descriptor, bytes, size);
  int failure = errno;
  pthread_mutex_unlock(&lock);
  errno = failure;
  return written;
}

int ftruncate64(int descriptor, off_t size) {
  pthread_mutex_lock(&lock);
  struct file *file = file_of(descriptor);
  struct stat stats;
  if (file && fstat(descriptor, &stats) == 0) {
    take_picture();
    off_t low = size < stats.st_size ? size : stats.st_size, high = size < stats.st_size ? stats.st_size : size;
    touch(file, low, (size_t)(high - low));
  }
  int result = real_ftruncate(descriptor, size);
  int failure = errno;
  pthread_mutex_unlock(&lock);
  errno = failure;
  return result;
}

/* The folder itself: names that came and went are settled. */
static int sync_folder(int descriptor) {
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (folder_length == 0 || length != (ssize_t)folder_length || strncmp(path, folder, folder_length) != 0) return 0;
  for (int index = 0; index < file_count; index += 1) files[index].is_name_synced = 1;
  return 1;
}

static int sync_with(int (*real)(int), int descriptor) {
  pthread_mutex_lock(&lock);
  struct file *file = file_of(descriptor);
  if (file) take_picture();
  int result = real(descriptor);
  int failure = errno;
  if (result == 0 && !sync_folder(descriptor) && file) sync_file(file, descriptor);
  pthread_mutex_unlock(&lock);
  errno = failure;
  return result;
}

int fsync(int descriptor) { return sync_with(real_fsync, descriptor); }

int fdatasync(int descriptor) { return sync_with(real_fdatasync, descriptor); }

int unlink(const char *path) {
  pthread_mutex_lock(&lock);
  if (folder_length > 0 && strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/') {
    take_picture();
    for (int index = 0; index < file_count; index += 1) {
      struct file *file = &files[index];
      if (!file->is_named || strcmp(file->name, path + folder_length + 1) != 0) continue;
      /* It comes back with what was synced of it, until the folder is. */
      file->is_named = 0;
      file->is_name_synced = !file->is_name_synced;
    }
  }
  int result = real_unlink(path);
  int failure = errno;
  pthread_mutex_unlock(&lock);
  errno = failure;
  return result;
}

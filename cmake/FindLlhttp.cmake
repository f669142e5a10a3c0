# FindLlhttp: the HTTP/1 parser, wherever this system keeps it.
#
# In this order: an installed llhttp with a CMake config; one with a pkg-config file; the C sources that Debian 12 ships in
# the package node-llhttp (it has no library package). Otherwise an error that names the package.
#
#   Llhttp::llhttp     the library, in the first two cases
#   Llhttp_SOURCES     the C files to compile, in the third; with Llhttp_INCLUDE_DIR, where <llhttp.h> is
#   Llhttp_VERSION     where it is known
include(FindPackageHandleStandardArgs)

set(Llhttp_SOURCES "")

find_package(llhttp CONFIG QUIET)
foreach(candidate llhttp::llhttp_static llhttp::llhttp_shared llhttp::llhttp)
  if(TARGET ${candidate} AND NOT TARGET Llhttp::llhttp)
    add_library(Llhttp::llhttp INTERFACE IMPORTED)
    target_link_libraries(Llhttp::llhttp INTERFACE ${candidate})
    set(Llhttp_ORIGIN "CMake config ${llhttp_DIR}")
    set(Llhttp_VERSION "${llhttp_VERSION}")
  endif()
endforeach()

if(NOT TARGET Llhttp::llhttp)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(LLHTTP_PC QUIET IMPORTED_TARGET libllhttp)
    if(LLHTTP_PC_FOUND)
      add_library(Llhttp::llhttp INTERFACE IMPORTED)
      target_link_libraries(Llhttp::llhttp INTERFACE PkgConfig::LLHTTP_PC)
      set(Llhttp_ORIGIN "pkg-config libllhttp")
      set(Llhttp_VERSION "${LLHTTP_PC_VERSION}")
    endif()
  endif()
endif()

if(NOT TARGET Llhttp::llhttp)
  find_path(Llhttp_SOURCE_DIR NAMES llhttp.c api.c PATHS /usr/share/llhttp NO_DEFAULT_PATH)
  find_path(Llhttp_INCLUDE_DIR NAMES llhttp.h PATHS /usr/share/include/llhttp /usr/share/llhttp NO_DEFAULT_PATH)
  mark_as_advanced(Llhttp_SOURCE_DIR Llhttp_INCLUDE_DIR)
  if(Llhttp_SOURCE_DIR AND Llhttp_INCLUDE_DIR)
    foreach(file api.c http.c llhttp.c)
      list(APPEND Llhttp_SOURCES "${Llhttp_SOURCE_DIR}/${file}")
    endforeach()
    set(Llhttp_ORIGIN "sources in ${Llhttp_SOURCE_DIR}")
    file(STRINGS "${Llhttp_INCLUDE_DIR}/llhttp.h" Llhttp_version_lines
         REGEX "^#define LLHTTP_VERSION_(MAJOR|MINOR|PATCH)")
    string(REGEX REPLACE "[^0-9]+([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3" Llhttp_VERSION
                         "${Llhttp_version_lines}")
  endif()
endif()

find_package_handle_standard_args(
  Llhttp
  REQUIRED_VARS Llhttp_ORIGIN
  VERSION_VAR Llhttp_VERSION
  REASON_FAILURE_MESSAGE "llhttp is not installed. On Debian: apt-get install node-llhttp")

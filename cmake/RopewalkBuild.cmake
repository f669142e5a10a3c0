# The build's own vocabulary: ropewalk_setup, ropewalk_sources, ropewalk_library, ropewalk_app_library, ropewalk_program.

# The settings that everything in this tree shares; where ropewalk is part of a larger project, that one's are left alone.
macro(ropewalk_setup)
  set(CMAKE_CXX_STANDARD 20)
  set(CMAKE_CXX_STANDARD_REQUIRED ON)
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(CMAKE_C_STANDARD 11)

  # <ropewalk/core/net/reactor.h> is core/net/reactor.h: one link makes that true here as it is once installed.
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/include")
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}/include/ropewalk" SYMBOLIC)

  if(PROJECT_IS_TOP_LEVEL)
    if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
      set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug or Release" FORCE)
    endif()
    set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    ropewalk_use_ccache()
    if(ROPEWALK_SANITIZE)
      add_compile_options(-fsanitize=${ROPEWALK_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
      add_link_options(-fsanitize=${ROPEWALK_SANITIZE})
      if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ also warns of code that its own instrumentation made; the builds without it have these warnings on.
        add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
      endif()
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # g++ 12 takes the inactive half of every std::variant for read, at any level of optimisation and under sanitizers (PR 80635).
      add_compile_options(-Wno-maybe-uninitialized)
    elseif(ROPEWALK_SANITIZE MATCHES "undefined")
      # clang 14 cannot assemble a coroutine with it: "cannot represent a difference across sections".
      add_compile_options(-fno-sanitize=function)
    endif()
    if(ROPEWALK_FUZZ)
      add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
  endif()
endmacro()

macro(ropewalk_use_ccache)
  find_program(ROPEWALK_CCACHE ccache)
  mark_as_advanced(ROPEWALK_CCACHE)
  if(ROPEWALK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${PROJECT_SOURCE_DIR}/cmake/ccache.sh")
    set(CMAKE_C_COMPILER_LAUNCHER "${ROPEWALK_CCACHE}")
  endif()
endmacro()

# cmake/precompiled_<which>.h, read once for all targets that ropewalk_precompiled names: std for core, core for what stands
# on it, test for the tests. Only in our own tree; an empty source carries each.
function(ropewalk_precompiled target which)
  if(NOT ROPEWALK_PRECOMPILED)
    return()
  endif()
  set(carrier ropewalk_precompiled_${which})
  if(NOT TARGET ${carrier})
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/precompiled")
    file(TOUCH "${PROJECT_BINARY_DIR}/precompiled/${which}.cc")
    add_library(${carrier} OBJECT "${PROJECT_BINARY_DIR}/precompiled/${which}.cc")
    target_include_directories(${carrier} PRIVATE "${PROJECT_BINARY_DIR}/include")
    target_compile_features(${carrier} PRIVATE cxx_std_20)
    target_link_libraries(${carrier} PRIVATE Threads::Threads ${ARGN})
    target_precompile_headers(${carrier} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/precompiled_${which}.h")
    ropewalk_warnings(${carrier})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${carrier})
endfunction()

# Warnings of our own code. They are PRIVATE: who includes our headers brings his own.
function(ropewalk_warnings target)
  target_compile_options(
    ${target} PRIVATE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
                      $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> $<$<BOOL:${ROPEWALK_WERROR}>:-Werror>
                      # Where a Failure was made is told as core/net/tcp.cc, not as a path of the build machine.
                      -fmacro-prefix-map=${PROJECT_BINARY_DIR}/include/ropewalk/=
                      -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
endfunction()

# The .cc files below a folder, as they are now; a new one is noticed by the next build. Editors' lock files are not ours.
function(ropewalk_sources variable folder)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS "${folder}/*.cc")
  list(FILTER found EXCLUDE REGEX "/[.#][^/]*$")
  set(${variable} "${found}" PARENT_SCOPE)
endfunction()

# ropewalk_library(<name> [SOURCES …] [PUBLIC <libraries>…] [PRIVATE <libraries>…])
# makes ropewalk_<name>, known as ropewalk::<name>. A layer without a source yet is an INTERFACE library: its users link it
# all the same.
function(ropewalk_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  set(target ropewalk_${name})
  if(arg_SOURCES)
    add_library(${target} ${arg_SOURCES})
    if(name STREQUAL "core")
      ropewalk_precompiled(${target} std)
    else()
      ropewalk_precompiled(${target} core)
    endif()
    set(scope PUBLIC)
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
    ropewalk_warnings(${target})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ropewalk-${name} VERSION ${PROJECT_VERSION}
                                               SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
                                               INSTALL_RPATH "$ORIGIN")
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC})
  endif()
  add_library(ropewalk::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_include_directories(${target} ${scope} "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>"
                                                "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
endfunction()

# ropewalk_app_library(<target> SOURCES … LIBRARIES …): a part of the command; never installed.
function(ropewalk_app_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  add_library(${target} STATIC ${arg_SOURCES})
  target_link_libraries(${target} PUBLIC ${arg_LIBRARIES})
  ropewalk_warnings(${target})
  ropewalk_precompiled(${target} core)
endfunction()

# ropewalk_program(<target> <file name> <folder below bin> [PRECOMPILED std|core|test] SOURCES … LIBRARIES …)
function(ropewalk_program target name folder)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "PRECOMPILED" "SOURCES;LIBRARIES")
  add_executable(${target} ${arg_SOURCES})
  if(arg_PRECOMPILED)
    ropewalk_precompiled(${target} ${arg_PRECOMPILED})
  endif()
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES})
  ropewalk_warnings(${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name}
                                             RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin/${folder}"
                                             INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
endfunction()

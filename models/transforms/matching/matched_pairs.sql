{%- set ratio = var("matching_ratio") -%}
with recursive
    {% if var("matching_replacement") %}
        chosen_pairs as (
            select case_pnr, candidate_no
            from {{ ref("matching_candidates") }}
            where candidate_no <= {{ ratio }}
        ),
    {% else %}
        -- the lowest key of all is chosen, then the lowest of what is left, and so on:
        -- each round chooses at once all pairs that this would reach unhindered
        numbered_pairs as (
            select
                case_pnr,
                candidate_no,
                control_pnr,
                row_number() over (order by pair_key, case_pnr, control_pnr) as pair_no
            from {{ ref("matching_candidates") }}
        ),

        rounds as (
            select *, cast({{ ratio }} as bigint) as needed, false as is_chosen
            from numbered_pairs
            union all
            select case_pnr, candidate_no, control_pnr, pair_no, needed, is_chosen
            from
                (
                    select
                        * exclude (needed),
                        needed - count(*) filter (where is_chosen) over (
                            partition by case_pnr
                        ) as needed,
                        bool_or(is_chosen) over (partition by control_pnr) as is_taken
                    from
                        (
                            select
                                * exclude (is_chosen),
                                pair_no = min(pair_no) over (partition by control_pnr)
                                and needed >= row_number() over (
                                    partition by case_pnr order by candidate_no
                                ) as is_chosen
                            from rounds
                            where not is_chosen
                        ) as judged
                ) as settled
            where is_chosen or (not is_taken and needed > 0)
        ),

        chosen_pairs as (select case_pnr, candidate_no from rounds where is_chosen),
    {% endif %}

    matched_pairs as (
        select
            cast(
                dense_rank() over (order by candidates.case_pnr) as bigint
            ) as match_id,
            candidates.case_pnr,
            cast(
                row_number() over (
                    partition by candidates.case_pnr order by candidates.candidate_no
                ) as int
            ) as control_no,
            candidates.control_pnr,
            candidates.index_date as match_date,
            candidates.birth_difference,
            candidates.mother_birth_difference,
            candidates.father_birth_difference
        from {{ ref("matching_candidates") }} as candidates
        inner join
            chosen_pairs
            on chosen_pairs.case_pnr = candidates.case_pnr
            and chosen_pairs.candidate_no = candidates.candidate_no
    )

select *
from matched_pairs

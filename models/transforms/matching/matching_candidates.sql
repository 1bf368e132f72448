{%- set most = var("matching_candidates") -%}
{%- if most < var("matching_ratio") -%}
    {{
        exceptions.raise_compiler_error(
            "matching_candidates is less than matching_ratio: a case needs at least as many candidates as controls"
        )
    }}
{%- endif -%}
{%- set enough = most + 6 * most**0.5 + 10 %}
with
    -- only keys below this bound are ranked; among the keys of a large pool far more
    -- than are needed lie below it
    bounds as (
        select
            case_pnr,
            case
                when eligible_controls <= {{ enough }}
                then 'g'
                else
                    lpad(
                        to_hex(
                            cast(
                                {{ enough }} / eligible_controls * 4294967295 as bigint
                            )
                        ),
                        8,
                        '0'
                    )
            end as bound
        from {{ ref("matching_pools") }}
    ),

    keyed_pairs as (
        select
            pairs.*,
            bounds.bound,
            md5(
                concat(
                    {{ literal(var("matching_seed") | string) }},
                    ':',
                    pairs.case_pnr,
                    ':',
                    pairs.control_pnr
                )
            ) as pair_key
        from {{ ref("eligible_pairs") }} as pairs
        inner join bounds on bounds.case_pnr = pairs.case_pnr
    ),

    ranked_pairs as (
        select
            * exclude (bound),
            row_number() over (
                partition by case_pnr order by pair_key, control_pnr
            ) as candidate_no
        from keyed_pairs
        where pair_key < bound
    ),

    matching_candidates as (
        select
            case_pnr,
            cast(candidate_no as int) as candidate_no,
            control_pnr,
            index_date,
            pair_key,
            birth_difference,
            mother_birth_difference,
            father_birth_difference
        from ranked_pairs
        where candidate_no <= {{ most }}
    )

select *
from matching_candidates
